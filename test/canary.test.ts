/**
 * A password that sings: typed on the screen, saved, used against servers that repeat what they hear, looked at from every
 * side. It may be found nowhere but sealed: not in the data folder, the database or its log files, not in what the program
 * writes at its most talkative, not in a reply, a transcript or a metric, not in the browser's page or storage.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from '../contracts/api.ts';
import type { SmtpSettings } from '../contracts/smtp-settings.ts';
import { openDatabase } from '../server/database/open.ts';
import { type FakeSmarthost, startFakeSmarthost } from './fake-smarthost.ts';
import { type ApiClient, signIn } from './support/api-client.ts';
import { hasChromium, openBrowser, openPage } from './support/browser.ts';
import { databases, type EmptyDatabase } from './support/databases.ts';
import { administrator, administratorEnv, type Program, runToEnd, startProgram } from './support/program.ts';

const canary = 'Kanarienvogel-7Yq9-gelb';
const username = 'miner';
const secretKey = `${'c0ffee'.repeat(10)}beef`;

/** Every form in which the canary, or what opens it, could lie about. */
const forms: [name: string, bytes: Buffer][] = [
  ['plain', Buffer.from(canary)],
  ['UTF-16', Buffer.from(canary, 'utf16le')],
  ['hexadecimal', Buffer.from(Buffer.from(canary).toString('hex'))],
  ['reversed', Buffer.from([...canary].reverse().join(''))],
  ['URL-encoded', Buffer.from(encodeURIComponent(`${canary}`))],
  // In base64 the neighbours decide; the middle of each of the three alignments stays the same.
  ...[0, 1, 2].map((shift): [string, Buffer] => {
    const text = Buffer.concat([Buffer.alloc(shift), Buffer.from(canary)]).toString('base64');
    return [`base64, shifted by ${shift}`, Buffer.from(text.slice(4, -4))];
  }),
  ['AUTH PLAIN', Buffer.from(Buffer.from(`\0${username}\0${canary}`).toString('base64'))],
  ['the secret key', Buffer.from(secretKey)],
  ['the administrator’s password', Buffer.from(administrator.password)],
];

const findForms = (text: string | Buffer): string[] => {
  const bytes = Buffer.from(text as string);
  return forms.filter(([, form]) => bytes.includes(form)).map(([name]) => name);
};

describe('the canary itself', () => {
  it('is found when it is there', () => {
    expect(findForms(`x${canary}y`)).toContain('plain');
    expect(findForms(Buffer.from(`ab${canary}cd`).toString('base64'))).not.toEqual([]);
    expect(findForms('nothing')).toEqual([]);
  });
});

describe.each(databases)('a password of SMTP settings on $kind', ({ kind, create }) => {
  let browser: Browser | undefined;
  let place: EmptyDatabase;
  let program: Program;
  let client: ApiClient & { cookie: string };
  const servers: FakeSmarthost[] = [];
  const seen: [where: string, text: string][] = [];

  beforeAll(async () => {
    place = await create();
    program = await startProgram({
      env: { ...administratorEnv, POSTERN_LOG_LEVEL: 'trace', POSTERN_SECRET_KEY: secretKey },
      ...(kind === 'postgres' && { database: place.address }),
    });
    client = await signIn(program.url);
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    program?.remove();
    for (const server of servers) await server.close();
    await place?.remove();
  });

  const call = async <T>(method: string, at: string, body?: unknown, headers?: Record<string, string>) => {
    const answer = await client.call<T>(method, at, body, headers);
    seen.push([`${method} ${at}`, JSON.stringify(answer.body) + JSON.stringify([...answer.headers])]);
    return answer;
  };

  /** Servers that let in, refuse, and repeat what they were told in every reply. */
  const startServers = async () => {
    const login = { username, password: canary };
    servers.push(
      await startFakeSmarthost({ login, capabilities: ['AUTH PLAIN LOGIN CRAM-MD5'] }),
      await startFakeSmarthost({
        capabilities: ['AUTH PLAIN'],
        replies: { AUTH: repeatAll },
      }),
      await startFakeSmarthost({
        capabilities: ['AUTH LOGIN'],
        replies: {
          AUTH: askFurther,
          auth: repeatPassword,
        },
      }),
    );
  };

  it('is typed, saved, changed, tested, refused and repeated by servers', async () => {
    await startServers();
    for (const [index, server] of servers.entries()) {
      const input = {
        name: `Server ${index}`,
        host: '127.0.0.1',
        port: server.port,
        security: 'none',
        fromEmail: 'a@example.com',
        username,
        password: canary,
      };
      const added = await call<SmtpSettings>('POST', '/api/v1/smtp-settings', input);
      expect(added.status).toBe(201);
      const tested = await call<{ ok: boolean; failure: { step: string } | null }>(
        'POST',
        `/api/v1/smtp-settings/${added.body.id}/test`,
        {},
      );
      expect(tested.body.failure?.step ?? 'sent').toBe(index === 0 ? 'sent' : 'auth');
      await call('POST', `/api/v1/smtp-settings/${added.body.id}/test`, {}, { accept: 'text/event-stream' });
      await call('POST', '/api/v1/smtp-settings/test', input);
      // Refusals that speak of what was given.
      await call('POST', '/api/v1/smtp-settings', input);
      await call('POST', '/api/v1/smtp-settings', { ...input, name: 'Other', port: canary });
      await call('POST', '/api/v1/smtp-settings', { ...input, name: 'Other', password: { is: canary } });
      await call('PATCH', `/api/v1/smtp-settings/${added.body.id}`, { password: `${canary}\r\n` });
      await call('PATCH', `/api/v1/smtp-settings/${added.body.id}`, { password: canary, version: 99 });
    }
    expect(servers[0]?.connections.some(({ wire }) => wire.length > 0)).toBe(true);
    expect(servers[1]?.connections.some(({ lines }) => lines.some((line) => decode(line).includes(canary)))).toBe(true);
  });

  it('is in no reply, of no endpoint', async () => {
    const [settings] = (await call<{ data: SmtpSettings[] }>('GET', '/api/v1/smtp-settings')).body.data;
    const inbox = await call<{ data: { id: string }[] }>('GET', '/api/v1/sandbox/messages');
    for (const { method, path: at } of endpoints) {
      if (method !== 'GET' || at.endsWith('/events')) continue;
      const id = at.includes('sandbox') ? (inbox.body.data[0]?.id ?? 'box_none') : settings?.id;
      await call('GET', at.replace(':id', String(id)).replace(':index', '0'));
    }
    for (const at of ['/metrics', '/healthz', '/readyz', '/docs', '/api/v1/openapi.json']) await call('GET', at);
    for (const [where, text] of seen) expect([where, findForms(text)]).toEqual([where, []]);
    expect(seen.length).toBeGreaterThan(30);
  });

  it.runIf(hasChromium)('is in no page, storage or transcript of the browser', async () => {
    browser = await openBrowser();
    await using watched = await openPage(browser, program.url, { cookie: client.cookie });
    const { page } = watched;
    await page.goto('/setup/extensibility/smtp-settings');
    await page.getByRole('option', { name: 'Server 1' }).click();
    await page.getByRole('textbox', { name: /^Password/ }).fill(canary);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page
      .getByRole('status')
      .filter({ hasText: /^\W*Saved$/ })
      .waitFor();
    await page.getByRole('button', { name: 'Send a test email' }).click();
    await page.getByText(/^AUTH: /).waitFor();
    await page.evaluate(() => {
      const folded = 'main [aria-expanded=false]:not([aria-haspopup]), main summary';
      for (const node of document.querySelectorAll<HTMLElement>(folded)) node.click();
    });
    await lookAround(page, 'after a test');
    await page.reload();
    await page.getByRole('heading', { name: 'Edit SMTP Settings' }).waitFor();
    await lookAround(page, 'after a reload');
  });

  const lookAround = async (page: Page, when: string) => {
    const parts = await page.evaluate(async () => ({
      page: document.documentElement.outerHTML,
      words: document.body.textContent ?? '',
      fields: [...document.querySelectorAll('input, textarea')]
        .map((node) => (node as HTMLInputElement).value)
        .join('\n'),
      local: JSON.stringify({ ...localStorage }),
      session: JSON.stringify({ ...sessionStorage }),
      history: JSON.stringify(history.state) + location.href,
      databases: JSON.stringify(await indexedDB.databases()),
      caches: JSON.stringify(await caches.keys().catch(() => [])),
    }));
    for (const [part, text] of Object.entries(parts)) expect([when, part, findForms(text)]).toEqual([when, part, []]);
    expect(parts.words).toContain('Server 1');
  };

  it('is not in what the program writes, even at level trace', async () => {
    const cli = await runToEnd(
      ['server/cli/postern.ts', 'smtp-settings', 'test', 'Server 1', '--to', 'b@example.com'],
      program.env,
    );
    expect(cli.code).toBe(1);
    expect(findForms(cli.stdout + cli.stderr)).toEqual([]);
    expect(program.readOutput().length).toBeGreaterThan(1000);
    expect(findForms(program.readOutput())).toEqual([]);
  });

  it('is not in the database, not while it is open and not at rest', async () => {
    if (kind === 'postgres') {
      const database = await openDatabase(place.address);
      const tables = await sql<{ name: string }>`
        select table_name as name from information_schema.tables where table_schema = 'public'`.execute(database.query);
      expect(tables.rows.length).toBeGreaterThan(3);
      for (const { name } of tables.rows) {
        const rows = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(
          database.query,
        );
        for (const { row } of rows.rows) expect([name, findForms(row)]).toEqual([name, []]);
      }
      await database.close();
    }
    const lookIntoFiles = () => {
      const files = listFiles(program.dataFolder);
      for (const file of files) {
        const found = findForms(readFileSync(file));
        // The key comes by environment here, so not even that may lie in the folder.
        expect([path.basename(file), found]).toEqual([path.basename(file), []]);
      }
      return files.map((file) => path.basename(file));
    };
    const open = lookIntoFiles();
    if (kind === 'sqlite') expect(open).toEqual(expect.arrayContaining(['postern.db', 'postern.db-wal']));
    expect(await program.stop()).toBe(0);
    lookIntoFiles();
  });
});

const askFurther = (line: string) => (line.split(' ').length > 2 ? '334 UGFzc3dvcmQ6' : '334 VXNlcm5hbWU6');
const repeatAll = (line: string) => `535 5.7.8 I heard ${line} that is ${decode(line)}`;
const repeatPassword = (line: string) => (decode(line).includes(canary) ? repeatAll(line) : '334 UGFzc3dvcmQ6');

/** What the words of a line are when they are base64. */
function decode(line: string): string {
  return line
    .split(' ')
    .map((word) => Buffer.from(word, 'base64').toString('latin1'))
    .join(' ');
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((file) => statSync(file).isFile());
}
