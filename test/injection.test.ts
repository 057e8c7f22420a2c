/**
 * The real program, given SQL wherever it takes text: in each query parameter, in ids, in the fields that are looked up.
 * Nothing breaks, nothing sleeps, nothing more is found than there is, and everything is still there afterwards.
 */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { endpoints } from '../contracts/api.ts';
import { openDatabase } from '../server/database/open.ts';
import { type ApiClient, openApiClient, signIn } from './support/api-client.ts';
import { databases, type EmptyDatabase } from './support/databases.ts';
import { administrator, administratorEnv, type Program, startProgram } from './support/program.ts';

/** What sqlmap begins with: ends of strings and comments, conditions, unions, further statements, waiting, errors. */
const payloads = [
  ...[
    "'",
    '"',
    '`',
    "''",
    "\\'",
    '%27',
    "')",
    "'))",
    "';",
    "'--",
    "'#",
    "'/*",
    '\\',
    '%',
    '_',
    '[',
    '{',
    '$1',
    '?',
    ':a',
  ],
  ...["' OR '1'='1", "' OR 1=1--", '" OR ""="', "') OR ('1'='1", "admin'--", "' OR 'x' LIKE '%", '1 OR 1=1'],
  ...[
    "' UNION SELECT password_hash FROM person--",
    "' UNION SELECT NULL,NULL,NULL--",
    '0 UNION SELECT sql FROM sqlite_schema',
  ],
  ...["'; DROP TABLE person;--", "'; DELETE FROM person;--", "1; UPDATE person SET role='administrator'--"],
  ...["'||pg_sleep(5)||'", '1; SELECT pg_sleep(5)--', "' AND 1=(SELECT 1 FROM pg_sleep(5))--", 'randomblob(900000000)'],
  ...[
    "' AND 1=CAST((SELECT version()) AS int)--",
    "' || (SELECT load_extension('x')) || '",
    "'; ATTACH DATABASE '/tmp/x' AS x;--",
  ],
  ...[
    '\uff07 OR 1=1--',
    'ʼ OR 1=1--',
    '%bf%27 OR 1=1--',
    "x' AND 'a'='a",
    '*',
    '" * OR NEAR(a b)',
    'a AND OR NOT',
    '(((',
    '::int',
    '@>',
  ],
];

const isText = (schema: z.ZodType): boolean => {
  const { def } = (schema as unknown as { _zod: { def: { type: string; innerType?: z.ZodType; in?: z.ZodType } } })
    ._zod;
  return def.type === 'string' || [def.innerType, def.in].some((inner) => inner !== undefined && isText(inner));
};

describe.each(databases)('SQL in whatever is asked for on $kind', ({ kind, create }) => {
  let place: EmptyDatabase;
  let program: Program;
  let admin: ApiClient;
  beforeAll(async () => {
    place = await create();
    program = await startProgram({
      env: administratorEnv,
      ...(kind === 'postgres' && { database: place.address }),
    });
    admin = await signIn(program.url);
    const settings = { name: 'Office', host: '127.0.0.1', port: 9, security: 'none', fromEmail: 'a@example.com' };
    await admin.call('POST', '/api/v1/smtp-settings', settings);
    await admin.call('POST', '/api/v1/emails', { to: 'b@example.com', subject: 'Hello', text: 'canary' });
  });
  afterAll(async () => {
    await program?.stop();
    program?.remove();
    await place?.remove();
  });
  /** How many rows of what nothing here may change. */
  const countRows = async () => {
    const file = `${program.dataFolder}/postern.db`;
    const database = await openDatabase(kind === 'postgres' ? place.address : { kind: 'sqlite', file });
    const tables = ['person', 'smtp_settings', 'message', 'template', 'api_key', 'account', 'migration'];
    const counts: [string, string][] = [];
    for (const table of tables) {
      const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(
        database.query,
      );
      counts.push([table, String(rows[0]?.count)]);
    }
    await database.close();
    return counts;
  };

  it('is text, in each parameter of each endpoint', async () => {
    const before = await countRows();
    const wrong: string[] = [];
    let asked = 0;
    const ask = async (by: ApiClient, method: string, at: string, body?: unknown) => {
      const start = performance.now();
      const { status, body: said } = await by.call(method, at, body);
      asked += 1;
      if (status >= 500 || performance.now() - start > 4000) wrong.push(`${status} ${method} ${at}`);
      if (/argon2id|CREATE TABLE|syntax error|SQLITE_/.test(JSON.stringify(said))) wrong.push(`told: ${method} ${at}`);
    };
    for (const { method, path, query } of endpoints) {
      if (method !== 'GET' || path.endsWith('/events')) continue;
      const shape = query instanceof z.ZodObject ? (query.shape as Record<string, z.ZodType>) : {};
      for (const payload of payloads) {
        const typed = encodeURIComponent(payload);
        for (const name of Object.keys(shape).filter((one) => isText(shape[one]!))) {
          await ask(admin, 'GET', `${path.replace(/:\w+/g, 'x')}?${name}=${typed}`);
        }
        if (path.includes('/:')) await ask(admin, 'GET', path.replace(/:\w+/g, typed));
      }
    }
    const nobody = openApiClient(program.url);
    for (const payload of payloads) {
      await ask(nobody, 'POST', '/api/v1/sign-in', { email: payload, password: payload });
      await ask(nobody, 'POST', '/api/v1/password-reset/check', { token: payload });
      await ask(nobody, 'POST', '/api/v1/invitation/check', { token: payload });
      await ask(admin, 'POST', '/api/v1/personal-data/export', { address: `${payload}@example.com` });
      await ask(admin, 'POST', '/api/v1/emails/bulk', { q: payload, action: 'cancel' });
      const found = await admin.call<{ data?: unknown[] }>('GET', `/api/v1/people?q=${encodeURIComponent(payload)}`);
      if (/OR|UNION|SELECT/.test(payload)) expect([payload, found.body.data ?? []]).toEqual([payload, []]);
    }
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(500);
    expect(await countRows()).toEqual(before);
    expect((await admin.call('GET', '/api/v1/me')).body).toMatchObject({ email: administrator.email });
  }, 120_000);
});
