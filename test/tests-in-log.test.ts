/** Tests of SMTP settings as messages of the running program: in the log, and with an end also when it is killed meanwhile. */
import Sqlite from 'better-sqlite3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LadderResult } from '../contracts/diagnosis.ts';
import type { Message, MessageSummary } from '../contracts/message.ts';
import type { SmtpSettings } from '../contracts/smtp-settings.ts';
import { readConfig } from '../server/config.ts';
import { testLifetimeMs } from '../server/diagnosis/judge-test.ts';
import { type FakeSmarthost, startFakeSmarthost } from './fake-smarthost.ts';
import { signIn } from './support/api-client.ts';
import { administratorEnv as env, type Program, startProgram } from './support/program.ts';

describe('tests of SMTP settings in the running program', () => {
  let program: Program;
  let server: FakeSmarthost | undefined;
  afterEach(async () => {
    await program.kill();
    program.remove();
    await server?.close();
  });

  it('are found in the log, sent once', async () => {
    program = await startProgram({ env });
    const { call } = await signIn(program.url);
    const { body: sandbox } = await call<SmtpSettings>('POST', '/api/v1/sandbox/smtp-settings');
    const { body: result } = await call<LadderResult>('POST', `/api/v1/smtp-settings/${sandbox.id}/test`, {});
    const found = await call<{ data: MessageSummary[] }>('GET', '/api/v1/emails?q=tag:kind=test status:sent');
    expect(found.body.data.map(({ id, lane, attempt_count }) => [id, lane, attempt_count])).toEqual([
      [result.emailId, 'urgent', 1],
    ]);
    const inbox = await call<{ data: unknown[] }>('GET', '/api/v1/sandbox/messages');
    expect(inbox.body.data).toHaveLength(1);
  });

  it.each([
    ['at the dot', { '.': '' }, 'uncertain'],
    ['before it', { RCPT: '' }, 'expired'],
  ])('that the program was killed in, %s, are named so once their life is over, and not sent again', async (...row) => {
    const [, replies, state] = row;
    server = await startFakeSmarthost({ replies });
    const seen = server.connections;
    program = await startProgram({ env });
    const { dataFolder } = program;
    const draft = { host: '127.0.0.1', port: server.port, security: 'none', starttlsOnly: false };
    const addresses = { fromEmail: 'a@example.com', to: 'b@example.com' };
    const { call } = await signIn(program.url);
    const test = call('POST', '/api/v1/smtp-settings/test', { ...draft, ...addresses }).catch(() => 'gone');
    const isReached = () =>
      state === 'uncertain' ? seen[0]?.messages.length === 1 : seen[0]?.lines.some((line) => /^RCPT/.test(line));
    await vi.waitUntil(isReached, { timeout: 10_000 });
    await program.kill();
    expect(await test).toBe('gone');

    const restart = async () => {
      const { remove } = program;
      program = { ...(await startProgram({ env, dataFolder })), remove };
      const api = await signIn(program.url);
      const { body } = await api.call<{ data: MessageSummary[] }>('GET', '/api/v1/emails?q=to:b@example.com');
      return (await api.call<Message>('GET', `/api/v1/emails/${body.data[0]?.id}`)).body;
    };
    expect((await restart()).state).toBe('sending');
    await program.kill();
    age(dataFolder);
    expect(await restart()).toMatchObject({
      state,
      next_attempt_at: null,
      recipients: [{ state, explanation: expect.stringContaining('cut off') }],
      attempts: [{ outcome: state, outcome_counts: [{ state, count: 1 }] }],
    });
    expect(seen).toHaveLength(1);
  });
});

/** As if the test had begun a whole life earlier. */
function age(dataFolder: string): void {
  const { database } = readConfig({ POSTERN_DATA_DIR: dataFolder });
  if (database.kind !== 'sqlite') throw new Error(database.kind);
  const sqlite = new Sqlite(database.file);
  sqlite.prepare('UPDATE queue SET attempt_started_at = attempt_started_at - ?').run(testLifetimeMs);
  sqlite.close();
}
