/** What a reset mail says is in the database until its server has it, and nowhere afterwards: the whole program. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../server/database/open.ts';
import { signIn } from './support/api-client.ts';
import { databases } from './support/databases.ts';
import { administratorEnv, startProgram } from './support/program.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const canary = 'reset-token-9b31c07e';

describe.each(databases)('secret mail on $kind', ({ create }) => {
  it('loses its body once it is sent, and leaves nothing in files, log and answers', async () => {
    const arrived = Promise.withResolvers<string>();
    const sink = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      onData: (stream, _session, done) => {
        let text = '';
        stream.setEncoding('latin1').on('data', (some: string) => {
          text += some;
        });
        stream.once('end', () => {
          done();
          arrived.resolve(text);
        });
      },
    });
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => new Promise<void>((resolve) => sink.close(() => resolve())));
    const at = sink.server.address();
    const { address, remove } = await create();
    cleanUps.push(remove);
    const program = await startProgram({
      env: administratorEnv,
      ...(address.kind === 'postgres' && { database: address }),
    });
    cleanUps.push(() => program.remove());
    const client = await signIn(program.url);
    await client.call('POST', '/api/v1/smtp-settings', {
      name: 'Sink',
      host: '127.0.0.1',
      port: typeof at === 'object' && at !== null ? at.port : 0,
      security: 'none',
      fromEmail: 'hub@example.com',
    });
    const email = { to: 'ann@example.com', subject: 'Reset your password', text: canary, secret: true };
    const accepted = await client.call<{ id: string }>('POST', '/api/v1/emails', email);
    expect(accepted.status).toBe(200);
    expect(await arrived.promise).toContain(canary);

    const file = path.join(program.dataFolder, 'postern.db');
    const database = await openDatabase(address.kind === 'postgres' ? address : { kind: 'sqlite', file });
    const countBodies = async () => (await database.query.selectFrom('content').select('message_id').execute()).length;
    await expect.poll(countBodies, { timeout: 15_000 }).toBe(0);
    await database.close();

    const page = await client.call('GET', `/api/v1/emails/${accepted.body.id}`);
    expect(page.body).toMatchObject({ is_secret: true, text: null, html: null });
    expect(JSON.stringify(page.body)).not.toContain(canary);
    expect((await client.call('POST', `/api/v1/emails/${accepted.body.id}/resend`)).status).toBe(409);
    expect(await program.stop()).toBe(0);
    expect(program.readOutput()).not.toContain(canary);
    for (const name of readdirSync(program.dataFolder, { recursive: true, withFileTypes: true })) {
      if (name.isFile())
        expect(readFileSync(path.join(name.parentPath, name.name), 'latin1'), name.name).not.toContain(canary);
    }
  });
});
