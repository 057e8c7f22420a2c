/** More comes in than can be taken: O1 of docs/faults.md. */
import { Agent, request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, openBeside, startMailProgram, until } from './mail-program.ts';

afterEach(closeAll);

describe('a burst of submissions', () => {
  it('takes what it can, tells the others when to come again, and stays small', async () => {
    // Nothing leaves meanwhile: the worst case for what is kept.
    const mail = await startMailProgram({ replies: { greeting: '421 4.3.2 busy' } });
    const agent = new Agent({ keepAlive: true, maxSockets: 300 });
    const url = new URL('/api/v1/emails/batch', mail.program.url);
    const email = { to: 'ann@example.com', subject: 'burst', text: 'x'.repeat(500) };
    const body = JSON.stringify(Array.from({ length: 100 }, () => email));
    const send = () =>
      new Promise<{ status: number; retryAfter: string | undefined }>((resolve, reject) => {
        const headers = { authorization: mail.authorization, 'content-type': 'application/json' };
        request(url, { method: 'POST', agent, headers }, (response) => {
          response.resume();
          response.once('end', () =>
            resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] }),
          );
        })
          .once('error', reject)
          .end(body);
      });
    const readMemory = async () => {
      const text = await (await fetch(`${mail.program.url}/metrics`)).text();
      return Number(/^postern_process_resident_memory_bytes (\d+)/m.exec(text)?.[1]);
    };
    const burst = () => Promise.all(Array.from({ length: 300 }, send));
    // 30,000 at once, while nothing can be stored: none waits without an end.
    const other = openBeside(mail.program.dataFolder);
    other.exec('BEGIN IMMEDIATE');
    for (const { status, retryAfter } of await burst()) {
      expect(status).toBe(503);
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
    other.exec('ROLLBACK');
    const answers = await burst();
    agent.destroy();
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    for (const { status, retryAfter } of answers) {
      if (status === 200) continue;
      expect(status).toBe(503);
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
    expect((await mail.submit('after')).status).toBe(200);
    await until(async () => (await fetch(`${mail.program.url}/readyz`)).status === 200);
    expect((await readMemory()) / 2 ** 20).toBeLessThan(400);
  });
});
