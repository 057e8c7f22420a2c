/** Sending a message again in the running program, by what an SMTP server hears of it. */
import { afterEach, expect, it, vi } from 'vitest';
import type { Message, MessageSummary } from '../contracts/message.ts';
import { type FakeSmarthost, startFakeSmarthost } from './fake-smarthost.ts';
import { signIn } from './support/api-client.ts';
import { administratorEnv as env, type Program, startProgram } from './support/program.ts';

let program: Program;
let server: FakeSmarthost;
afterEach(async () => {
  await program.kill();
  program.remove();
  await server.close();
});

it('asks only for those whom the message never reached', async () => {
  server = await startFakeSmarthost({
    replies: { RCPT: (line) => (line.includes('bob') ? '550 5.1.1 No such user' : '250 ok') },
  });
  program = await startProgram({ env });
  const { call } = await signIn(program.url);
  const settings = {
    name: 'Office',
    host: '127.0.0.1',
    port: server.port,
    security: 'none',
    fromEmail: 'a@example.com',
  };
  await call('POST', '/api/v1/smtp-settings', settings);
  const to = ['ann', 'bob', 'cy'].map((name) => `${name}@example.com`);
  const first = await call<{ id: string }>('POST', '/api/v1/emails', {
    from: 'a@example.com',
    to,
    subject: 'x',
    text: 'x',
  });
  const read = async (id: string) => (await call<Message>('GET', `/api/v1/emails/${id}`)).body;
  await vi.waitUntil(async () => (await read(first.body.id)).state === 'bounced', { timeout: 10_000 });
  const again = await call<MessageSummary>('POST', `/api/v1/emails/${first.body.id}/resend`, { only: 'unreached' });
  await vi.waitUntil(async () => (await read(again.body.id)).state === 'bounced', { timeout: 10_000 });
  expect((await read(again.body.id)).recipients.map(({ address }) => address)).toEqual(['bob@example.com']);
  const asked = server.connections.flatMap(({ lines }) => lines).filter((line) => line.startsWith('RCPT'));
  expect(asked.map((line) => /<(\w+)@/.exec(line)?.[1])).toEqual(['ann', 'bob', 'cy', 'bob']);
});
