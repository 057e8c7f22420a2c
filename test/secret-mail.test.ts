/**
 * Tokens that sing: a reset and an invitation on their way through the real program to a server that first says "later".
 * They may be found nowhere but in the mail itself: not in the database or its files, not while it waits, not after a kill,
 * not once it was sent, not in what the program writes at its most talkative, not in a reply.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../server/database/open.ts';
import { type FakeSmarthost, startFakeSmarthost } from './fake-smarthost.ts';
import { type ApiClient, openApiClient, signIn } from './support/api-client.ts';
import { databases, type EmptyDatabase } from './support/databases.ts';
import { administrator, administratorEnv, type Program, runToEnd, startProgram } from './support/program.ts';

const publicUrl = 'http://postern.example';
const secretKey = `${'c0ffee'.repeat(10)}beef`;
const newPassword = 'nine purple submarines';

/** A body as it was written: soft line breaks and escapes undone. */
const decodeQuoted = (body: string) =>
  body
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

describe.each(databases)('links on their way on $kind', ({ kind, create }) => {
  let place: EmptyDatabase;
  let program: Program;
  let server: FakeSmarthost;
  let admin: ApiClient & { cookie: string };
  let isLater = true;
  const replies: string[] = [];
  const env = {
    ...administratorEnv,
    POSTERN_LOG_LEVEL: 'trace',
    POSTERN_SECRET_KEY: secretKey,
    POSTERN_PUBLIC_URL: publicUrl,
  };

  beforeAll(async () => {
    server = await startFakeSmarthost({ replies: { '.': () => (isLater ? '451 4.7.1 later' : '250 ok') } });
    place = await create();
    await start();
    const input = {
      name: 'Office',
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      fromEmail: 'a@example.com',
    };
    expect((await call('POST', '/api/v1/smtp-settings', input)).status).toBe(201);
  });
  afterAll(async () => {
    await program?.stop();
    program?.remove();
    await server?.close();
    await place?.remove();
  });

  let dataFolder: string | undefined;
  const start = async () => {
    program = await startProgram({
      env,
      ...(dataFolder && { dataFolder }),
      ...(kind === 'postgres' && { database: place.address }),
    });
    dataFolder = program.dataFolder;
    admin = await signIn(program.url);
  };
  const call = async <T = { id: string }>(method: string, at: string, body?: unknown, client: ApiClient = admin) => {
    const answer = await client.call<T>(method, at, body);
    replies.push(JSON.stringify(answer.body) + JSON.stringify([...answer.headers]));
    return answer;
  };
  const readTokens = (): string[] => {
    const bodies = server.connections.flatMap(({ messages }) => messages).map(decodeQuoted);
    return [...new Set(bodies.flatMap((body) => [...body.matchAll(/#([\w-]{43})/g)].map((match) => match[1]!)))];
  };
  const formsOf = (token: string): Buffer[] => [
    Buffer.from(token),
    Buffer.from(Buffer.from(token).toString('hex')),
    ...[0, 1, 2].map((shift) =>
      Buffer.from(
        Buffer.concat([Buffer.alloc(shift), Buffer.from(token)])
          .toString('base64')
          .slice(4, -4),
      ),
    ),
  ];
  /** Where the tokens lie about. */
  const search = async (): Promise<string[]> => {
    const forms = readTokens().flatMap(formsOf);
    const places: [string, Buffer][] = [
      ['output', Buffer.from(program.readOutput())],
      ['replies', Buffer.from(replies.join('\n'))],
      ...listFiles(program.dataFolder).map((file): [string, Buffer] => [path.basename(file), readFileSync(file)]),
    ];
    if (kind === 'postgres') {
      const database = await openDatabase(place.address);
      const tables = await sql<{ name: string }>`
        select table_name as name from information_schema.tables where table_schema = 'public'`.execute(database.query);
      for (const { name } of tables.rows) {
        const rows = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(
          database.query,
        );
        places.push([name, Buffer.from(rows.rows.map(({ row }) => row).join('\n'))]);
      }
      await database.close();
    }
    return places.filter(([, bytes]) => forms.some((form) => bytes.includes(form))).map(([name]) => name);
  };
  type List = { data: { id: string; state: string; is_secret: boolean; subject: string }[] };
  const listMail = async () => (await call<List>('GET', '/api/v1/emails')).body.data ?? [];
  const lookAround = async () => {
    for (const { id } of await listMail()) {
      await call('GET', `/api/v1/emails/${id}`);
      for (const part of ['source', 'html']) await call('GET', `/api/v1/emails/${id}/${part}`);
    }
    for (const at of ['/api/v1/people', '/api/v1/overview', '/metrics']) await call('GET', at);
  };

  it('wait sealed: the server has seen them, and nothing else holds them', async () => {
    expect(
      (await call('POST', '/api/v1/password-reset', { email: administrator.email }, openApiClient(program.url))).status,
    ).toBe(200);
    const invited = { email: 'eve@example.com', name: 'Eve', role: 'viewer' };
    expect((await call('POST', '/api/v1/people', invited)).status).toBe(201);
    await vi.waitFor(
      async () => expect((await listMail()).map(({ state }) => state)).toEqual(['deferred', 'deferred']),
      20_000,
    );
    expect(readTokens()).toHaveLength(2);
    expect((await listMail()).every(({ is_secret }) => is_secret)).toBe(true);
    await lookAround();
    expect(await search()).toEqual([]);
  }, 60_000);

  it('survive a kill and a rotation of the keys, and still nothing holds them', async () => {
    await program.kill();
    expect(await search()).toEqual([]);
    const rotated = await runToEnd(['server/cli/postern.ts', 'keys', 'rotate'], program.env);
    expect([rotated.code, rotated.stderr]).toEqual([0, '']);
    await start();
    isLater = false;
    for (const { id } of await listMail()) expect((await call('POST', `/api/v1/emails/${id}/retry`)).status).toBe(200);
    await vi.waitFor(
      async () => expect((await listMail()).map(({ state }) => state)).toEqual(['sent', 'sent']),
      20_000,
    );
    // The same links as before the kill: a retry is the same mail.
    expect(readTokens()).toHaveLength(2);
    await lookAround();
    expect(await search()).toEqual([]);
  }, 60_000);

  it('work once, and are nowhere afterwards; a stop and a start delete what secret mail said', async () => {
    const nobody = openApiClient(program.url);
    const post = (at: string, body: object) => call<{ email: string }>('POST', `/api/v1/${at}`, body, nobody);
    const outcomes: string[] = [];
    for (const token of readTokens()) {
      const reset = await post('password-reset/complete', { token, password: newPassword });
      const accepted = await post('invitation/accept', { token, name: 'Eve', password: newPassword });
      outcomes.push(`${reset.status} ${accepted.status}`);
      expect((await post('password-reset/complete', { token, password: newPassword })).status).toBe(403);
    }
    expect(outcomes.sort()).toEqual(['200 403', '403 200']);
    expect((await admin.call('GET', '/api/v1/me')).status).toBe(401);
    const person = { email: administrator.email, password: newPassword };
    admin = await signIn(program.url, person);
    await vi.waitFor(
      async () => expect((await listMail()).map(({ state }) => state)).toEqual(['sent', 'sent', 'sent']),
      20_000,
    );
    await lookAround();
    expect(await search()).toEqual([]);
    await program.stop();
    program = await startProgram({
      env,
      dataFolder: program.dataFolder,
      ...(kind === 'postgres' && { database: place.address }),
    });
    admin = await signIn(program.url, person);
    const database = kind === 'postgres' ? place.address : { kind, file: path.join(program.dataFolder, 'postern.db') };
    const opened = await openDatabase(database);
    expect(await opened.query.selectFrom('content').select('message_id').execute()).toEqual([]);
    await opened.close();
    expect(await search()).toEqual([]);
  }, 60_000);
});

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((file) => statSync(file).isFile());
}
