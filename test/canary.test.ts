/**
 * A password that sings: typed on the screen, saved, used against servers that repeat what they hear, looked at from every
 * side; and beside it all that people and programs are given to get in: links, codes, keys, cookies. It may be found nowhere but sealed: not in the data folder, the database or its log files, not in what the program
 * writes at its most talkative, not in a reply, a transcript or a metric, not in the browser's page or storage.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import { Secret, TOTP } from 'otpauth';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { endpoints } from '../contracts/api.ts';
import type { SmtpSettings } from '../contracts/smtp-settings.ts';
import { openDatabase } from '../server/database/open.ts';
import { type FakeSmarthost, startFakeSmarthost } from './fake-smarthost.ts';
import { type ApiClient, openApiClient, signIn } from './support/api-client.ts';
import { hasChromium, openBrowser, openPage } from './support/browser.ts';
import { databases, type EmptyDatabase } from './support/databases.ts';
import { administrator, administratorEnv, type Program, runToEnd, startProgram } from './support/program.ts';

const canary = 'Kanarienvogel-7Yq9-gelb';
const username = 'miner';
const secretKey = `${'c0ffee'.repeat(10)}beef`;

/** What else must not be found; those that the program makes are added as it makes them. */
const secrets: [what: string, value: string][] = [
  ['the password', canary],
  ['the secret key', secretKey],
  ['the administrator’s password', administrator.password],
];

/** Every form in which a secret could lie about. */
const formsOf = ([what, value]: [what: string, value: string]): [name: string, bytes: Buffer][] => {
  const bytes = Buffer.from(value);
  // In base64 the neighbours decide; the middle of each of the three alignments stays the same.
  const shifted = ([0, 1, 2] as const).flatMap((shift): [string, string][] => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]);
    return (['base64', 'base64url'] as const).map((encoding) => [
      `${encoding}, shifted by ${shift}`,
      whole.toString(encoding).replaceAll('=', '').slice(4, -4),
    ]);
  });
  const all: [string, Buffer][] = [
    ['plain', bytes],
    ['UTF-16', Buffer.from(value, 'utf16le')],
    ['hexadecimal', Buffer.from(bytes.toString('hex'))],
    ['HEXADECIMAL', Buffer.from(bytes.toString('hex').toUpperCase())],
    ['reversed', Buffer.from([...value].reverse().join(''))],
    ['URL-encoded', Buffer.from(encodeURIComponent(value))],
    ['in JSON', Buffer.from(JSON.stringify(value).slice(1, -1))],
    ...shifted.map(([name, text]): [string, Buffer] => [name, Buffer.from(text)]),
    ['AUTH PLAIN', Buffer.from(Buffer.from(`\0${username}\0${value}`).toString('base64'))],
  ];
  return all.map(([name, form]) => [`${what}, ${name}`, form]);
};
const known = new Map<string, [name: string, bytes: Buffer][]>();

/** Quoted-printable as it was before it was folded and escaped. */
const decodeQuoted = (text: string): string =>
  text
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const findForms = (text: string | Buffer): string[] => {
  const bytes = Buffer.from(text as string);
  const unfolded = Buffer.from(decodeQuoted(bytes.toString('latin1')), 'latin1');
  return secrets.flatMap((secret) => {
    const forms = known.get(secret[1]) ?? formsOf(secret);
    known.set(secret[1], forms);
    return forms.filter(([, form]) => bytes.includes(form) || unfolded.includes(form)).map(([name]) => name);
  });
};

describe('the canary itself', () => {
  it('is found when it is there', () => {
    expect(findForms(`x${canary}y`)).toContain('the password, plain');
    for (const before of ['', 'a', 'ab', 'abc']) {
      const bytes = Buffer.from(`${before}${canary}cd`);
      for (const encoding of ['base64', 'base64url', 'hex'] as const) {
        expect([encoding, findForms(bytes.toString(encoding)).length > 0]).toEqual([encoding, true]);
      }
    }
    expect(findForms(`${canary.slice(0, 9)}=\r\n${canary.slice(9)}`)).toContain('the password, plain');
    expect(findForms(canary.replace('-', '=2D'))).toContain('the password, plain');
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

  /** Of calls whose reply shows a secret this one time: not looked at. */
  const make = async <T>(by: ApiClient, method: string, at: string, body?: unknown): Promise<T> => {
    const answer = await by.call<T>(method, at, body);
    expect([at, answer.status < 300]).toEqual([at, true]);
    return answer.body;
  };
  /** Of the newest mail with such a link that went out. */
  const readLink = (purpose: string, already: readonly string[] = []): Promise<string> =>
    vi.waitFor(() => {
      const mails = servers[0]!.connections.flatMap(({ messages }) => messages).map(decodeQuoted);
      const tokens = mails.flatMap((mail) => [...mail.matchAll(new RegExp(`/${purpose}#([\\w-]{43})`, 'g'))]);
      const token = tokens.map(([, one = '']) => one).find((one) => !already.includes(one));
      if (!token) throw new Error(`no mail with ${purpose}`);
      return token;
    }, 20_000);
  const keep = (what: string, value: string): string => {
    expect([what, value.length >= 16]).toEqual([what, true]);
    secrets.push([what, value]);
    return value;
  };

  it('is joined by what people and programs are given: links, codes, keys, cookies', async () => {
    const nobody = openApiClient(program.url);
    keep('a session', client.cookie.split('=')[1]!);
    const apiKey = keep(
      'an API key',
      (await make<{ key: string }>(client, 'POST', '/api/v1/api-keys', { name: 'k', scopes: ['read'] })).key,
    );
    for (const email of ['eve@example.com', 'bob@example.com']) {
      expect((await call('POST', '/api/v1/people', { email, role: 'viewer' })).status).toBe(201);
    }
    const invitation = keep('an invitation', await readLink('invitation'));
    const other = keep('an invitation that waits', await readLink('invitation', [invitation]));
    const password = keep('a password that was chosen', 'seventeen violet walruses');
    await call('POST', '/api/v1/invitation/check', { token: invitation });
    const { email } = await make<{ email: string }>(nobody, 'POST', '/api/v1/invitation/accept', {
      ...{ token: invitation, name: 'Eve', password },
    });
    const eve = await signIn(program.url, { email, password });
    keep('another session', eve.cookie.split('=')[1]!);

    const begun = await make<{ secret: string }>(eve, 'POST', '/api/v1/me/totp', {});
    keep('the secret of an app', begun.secret);
    keep('the secret of an app as bytes', Buffer.from(Secret.fromBase32(begun.secret).buffer).toString('latin1'));
    const totp = new TOTP({ secret: Secret.fromBase32(begun.secret) });
    const { recoveryCodes } = await make<{ recoveryCodes: string[] }>(eve, 'POST', '/api/v1/me/totp/confirm', {
      code: totp.generate(),
    });
    for (const code of recoveryCodes) {
      keep('a recovery code', code);
      keep('a recovery code without hyphens', code.replaceAll('-', ''));
    }
    const step = await make<{ challenge: string }>(nobody, 'POST', '/api/v1/sign-in', { email, password });
    const challenge = keep('a sign-in half done', step.challenge);
    await call('POST', '/api/v1/sign-in/second-step', { challenge, recoveryCode: '0000-0000-0000-0000' });
    await make(nobody, 'POST', '/api/v1/sign-in/second-step', { challenge, recoveryCode: recoveryCodes[0] });

    await make(eve, 'POST', '/api/v1/me/email', { email: 'eve@new.example', password });
    const change = keep('a change of address', await readLink('email-change'));
    await make(nobody, 'POST', '/api/v1/password-reset', { email });
    const reset = keep('a reset', await readLink('password-reset'));
    const chosen = keep('a password set anew', 'eighteen orange narwhals');
    await make(nobody, 'POST', '/api/v1/password-reset/complete', { token: reset, password: chosen });
    await make(nobody, 'POST', '/api/v1/password-reset', { email });
    const second = keep('a reset that waits', await readLink('password-reset', [reset]));

    // Where they do not belong: in addresses, headers, other fields, with a letter too many.
    for (const [, value] of secrets.slice(3)) {
      const typed = encodeURIComponent(value);
      for (const at of [
        `/password-reset?token=${typed}`,
        `/api/v1/password-reset?token=${typed}`,
        `/api/v1/${typed}`,
      ]) {
        const answer = await nobody.call('GET', at);
        // The address that was asked for is named to whoever asked.
        if (!at.endsWith(typed)) seen.push([at, JSON.stringify(answer.body)]);
      }
      for (const at of ['password-reset/check', 'invitation/check', 'email-change/confirm']) {
        await call('POST', `/api/v1/${at}`, { token: `${value}x` });
        await call('POST', `/api/v1/${at}`, { token: { is: value } });
      }
      await call('POST', '/api/v1/sign-in', { email: value, password: value });
      await call('GET', '/api/v1/me', undefined, { authorization: `Bearer ${typed}` });
    }
    expect([other, change, second, apiKey].every((value) => value !== '')).toBe(true);
    await call('POST', '/api/v1/personal-data/export', { address: email });
    type List = { data: { id: string; state: string }[] };
    const listMail = async () => (await call<List>('GET', '/api/v1/emails?limit=200')).body.data;
    for (const { id } of await listMail()) {
      for (const part of ['', '/source', '/html', '/attachments/0']) await call('GET', `/api/v1/emails/${id}${part}`);
    }
  }, 120_000);

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
    const file = path.join(program.dataFolder, 'postern.db');
    const database = await openDatabase(kind === 'postgres' ? place.address : { kind, file });
    const names = await (kind === 'postgres'
      ? sql<{ name: string }>`select table_name as name from information_schema.tables where table_schema = 'public'`
      : sql<{ name: string }>`select name from sqlite_schema where type = 'table'`
    ).execute(database.query);
    const counts: Record<string, number> = {};
    for (const { name } of names.rows) {
      const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(database.query);
      counts[name] = rows.length;
      for (const row of rows) {
        for (const [column, value] of Object.entries(row)) {
          const found = findForms(value instanceof Uint8Array ? Buffer.from(value) : String(value));
          expect([name, column, found]).toEqual([name, column, []]);
        }
      }
    }
    await database.close();
    // What was looked at was there.
    const filled = [
      'person',
      'person_link',
      'person_totp',
      'recovery_code',
      'api_key',
      'web_session',
      'message',
      'attempt',
    ];
    expect(filled.filter((name) => !counts[name])).toEqual([]);
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
