import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SmtpSettingsInput } from '../../contracts/smtp-settings.ts';
import { startFakeSmarthost } from '../../test/fake-smarthost.ts';
import { databases, type EmptyDatabase } from '../../test/support/databases.ts';
import { openApiKeyStore } from '../access/api-key.store.ts';
import { parseApiKey } from '../access/api-key.ts';
import { isPasswordRight } from '../access/password-hash.ts';
import { type Core, composeCore } from '../compose/core.ts';
import { readConfig } from '../config.ts';
import { runCommand } from './run-command.ts';

const program = fileURLToPath(new URL('./postern.ts', import.meta.url));
const password = 'canary battery staple';

for (const { kind, create } of databases) {
  describe(`command line on ${kind}`, () => {
    let folder: string;
    let place: EmptyDatabase;
    let environment: Record<string, string>;
    /** As a running server has them: the same database, open all the while. */
    let core: Core;

    beforeEach(async () => {
      folder = mkdtempSync(path.join(os.tmpdir(), 'postern-cli-'));
      place = await create();
      environment = { PATH: process.env.PATH ?? '', POSTERN_DATA_DIR: folder };
      if (place.address.kind === 'postgres') environment.POSTERN_DATABASE_URL = place.address.url;
      core = await composeCore(readConfig(environment));
    });
    afterEach(async () => {
      await core.database.close();
      await place.remove();
      rmSync(folder, { recursive: true, force: true });
    });

    const run = async (argv: string[], typed = '') => {
      const [input, output, notes] = [new PassThrough(), new PassThrough(), new PassThrough()];
      input.end(typed);
      const code = await runCommand(argv, () => readConfig(environment), { input, output, notes });
      const texts = Promise.all([text(output.end()), text(notes.end())]);
      return { code, output: (await texts)[0], notes: (await texts)[1] };
    };
    const addSettings = async (name: string, port: number, more: object = {}, secret?: string) => {
      const fields = SmtpSettingsInput.parse({ name, host: '127.0.0.1', port, fromEmail: 'a@example.com', ...more });
      const saved = await core.smtpSettings.create(fields, secret, 'test');
      if (saved.outcome !== 'saved') throw new Error(saved.outcome);
      return saved.settings;
    };

    const ada = { name: 'Ada', email: 'ada@example.com', role: 'administrator', passwordHash: 'x' } as const;
    const bob = { name: 'Bob', email: 'bob@example.com', role: 'operator', passwordHash: 'x' } as const;

    it('prints links that work once, where no mail can be sent', async () => {
      await core.people.createPerson(ada, core.clock.now());
      const reset = await run(['person', 'reset-link', 'ADA@example.com']);
      expect([reset.code, reset.notes]).toEqual([0, expect.stringContaining('works once')]);
      const [where, token = ''] = reset.output.trim().split('#');
      expect(where).toBe('http://127.0.0.1:2580/password-reset');
      const done = await core.personLinks.completeReset(token, 'y', core.clock.now());
      expect(done?.email).toBe('ada@example.com');
      expect(await core.personLinks.completeReset(token, 'z', core.clock.now())).toBeNull();

      const invited = await run(['person', 'invite', 'eve@example.com', '--role', 'operator']);
      expect([invited.code, invited.output]).toEqual([0, expect.stringMatching(/^http:\S+\/invitation#[\w-]{43}\n$/)]);
      const again = await run(['person', 'reset-link', 'eve@example.com']);
      expect(again.output).toMatch(/\/invitation#/);
      const eve = again.output.trim().split('#')[1]!;
      const accepted = await core.personLinks.acceptInvitation(
        eve,
        { name: 'Eve', passwordHash: 'y' },
        core.clock.now(),
      );
      expect(accepted?.email).toBe('eve@example.com');
      expect((await run(['person', 'invite', 'eve@example.com'])).code).toBe(1);
      expect((await run(['person', 'reset-link', 'nobody@example.com'])).code).toBe(1);
    });

    it('disables and enables people, and takes lost factors away, but leaves one administrator', async () => {
      for (const person of [ada, bob]) await core.people.createPerson(person, core.clock.now());
      expect(await run(['person', 'disable', ada.email])).toMatchObject({
        code: 1,
        notes: expect.stringContaining('last administrator'),
      });
      expect((await run(['person', 'disable', bob.email])).code).toBe(0);
      expect((await core.people.findPersonByEmail(bob.email))?.state).toBe('disabled');
      expect((await run(['person', 'reset-link', bob.email])).code).toBe(1);
      expect((await run(['person', 'enable', bob.email])).code).toBe(0);
      const { id } = (await core.people.findPersonByEmail(bob.email))!;
      await core.database.query
        .insertInto('person_totp')
        .values({ person_id: id, secret_sealed: 'x', created_at: 1, confirmed_at: 1, last_step: 0 })
        .execute();
      expect((await run(['person', 'list', '--json'])).output).toContain('"hasSecondFactor": true');
      expect((await run(['person', 'remove-second-factor', bob.email])).code).toBe(0);
      expect((await core.persons.read(id, core.clock.now()))?.hasSecondFactor).toBe(false);
    });

    it('adds a person who can then sign in, and refuses the address a second time', async () => {
      const argv = ['user', 'create', '--email', 'ada@example.com', '--name', 'Ada', '--role', 'administrator'];
      const made = await run([...argv, '--password-stdin'], `${password}\n`);
      expect(made).toEqual({ code: 0, output: 'Created ada@example.com (administrator).\n', notes: '' });
      const person = await core.people.findPersonByEmail('ada@example.com');
      expect(person).toMatchObject({ name: 'Ada', role: 'administrator' });
      expect(await isPasswordRight(password, person!.passwordHash)).toBe(true);
      expect(await core.people.isFirstRunOpen()).toBe(false);
      expect((await run(['person', 'list'])).output).toMatch(
        /^EMAIL .*\nada@example\.com {2}Ada {3}administrator {2}active {2}no {13}never {9}\S+\n$/,
      );
      const again = await run([...argv, '--password-stdin'], password);
      expect([again.code, again.output, again.notes]).toEqual([1, '', expect.stringContaining('already a person')]);
    });

    it('sets another password', async () => {
      await run(['user', 'create', '--email', 'ada@example.com', '--password-stdin'], 'another battery staple');
      const set = await run(['user', 'set-password', '--email', 'ada@example.com', '--password-stdin'], password);
      expect(set.code).toBe(0);
      const person = await core.people.findPersonByEmail('ada@example.com');
      expect(await isPasswordRight(password, person!.passwordHash)).toBe(true);
      expect(person?.role).toBe('viewer');
    });

    it('prints a new API key alone, which works at once, and revokes it', async () => {
      const argv = ['api-key', 'create', '--name', 'billing', '--scopes', 'smtp-settings,send'];
      const made = await run(argv);
      expect(made).toEqual({ code: 0, output: expect.stringMatching(/^pst_\S+\n$/), notes: '' });
      const key = made.output.trim();
      const parsed = parseApiKey(key);
      const id = parsed.ok ? parsed.id : '';
      expect(await core.apiKeys.admitApiKey(id, key, Date.now())).toMatchObject({
        ok: true,
        apiKey: { name: 'billing', scopes: ['smtp-settings', 'send'], createdBy: 'command line' },
      });
      const list = await run(['api-key', 'list']);
      expect(list.output).toContain(`${id}  billing  smtp-settings,send`);
      expect(list.output).not.toContain(key);
      expect((await run(['api-key', 'revoke', id])).code).toBe(0);
      // A store that remembers the key would go on taking it for up to a second.
      const { admitApiKey } = openApiKeyStore(core.database);
      expect(await admitApiKey(id, key, Date.now())).toEqual({ ok: false, problem: 'unknown' });
      expect((await run(['api-key', 'revoke', id])).code).toBe(1);
    });

    it('lists SMTP settings as a table and as JSON, without a password', async () => {
      await addSettings('Office', 587, { username: 'ada' }, password);
      await addSettings('Relay', 25, { security: 'none' });
      const table = await run(['smtp-settings', 'list']);
      expect(table.output.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
        ['NAME', 'SERVER', 'SECURITY'],
        ['Office', '127.0.0.1:587', 'automatic'],
        ['Relay', '127.0.0.1:25', 'none'],
        [''],
      ]);
      const json = JSON.parse((await run(['smtp-settings', 'list', '--json', '--filter', 'off'])).output);
      expect(json).toEqual([expect.objectContaining({ name: 'Office', hasPassword: true })]);
      expect(table.output + JSON.stringify(json)).not.toContain('canary');
    });

    it('prints the ladder of a test that arrives, and notes it', async () => {
      await using server = await startFakeSmarthost({ login: { username: 'ada', password } });
      const { id } = await addSettings('Relay', server.port, { security: 'none', username: 'ada' }, password);
      const test = await run(['smtp-settings', 'test', 'relay', '--to', 'bob@example.com']);
      expect([test.code, test.notes]).toEqual([0, '']);
      const rungs = test.output.split('\n').filter((line) => /^[A-Z]+ +(ok|-)( |$)/.test(line));
      expect(rungs.map((line) => line.split(/ +/).slice(0, 2).join(' '))).toEqual([
        'DNS ok',
        'TCP ok',
        'TLS -',
        'EHLO ok',
        'AUTH ok',
        'MAIL ok',
        'RCPT ok',
        'DATA ok',
      ]);
      expect(test.output).toMatch(/\nSent to bob@example\.com, Message-ID <\S+>\n/);
      expect(test.output).not.toContain('canary');
      expect(server.connections.flatMap(({ messages }) => messages)).toHaveLength(1);
      expect(await core.smtpSettings.read(id)).toMatchObject({ lastTestOk: true });
    });

    it('exits with 1 when a test stops, and says where and why', async () => {
      await using server = await startFakeSmarthost({ replies: { RCPT: '550 5.1.1 nobody here' } });
      const { id } = await addSettings('Relay', server.port, { security: 'none' });
      const test = await run(['smtp-settings', 'test', id, '--to', 'bob@example.com']);
      expect(test.notes).toBe('postern: The test of Relay stopped at RCPT.\n');
      expect([test.code, test.output]).toEqual([
        1,
        expect.stringMatching(/^RCPT {2}FAILED.*\n +550 5\.1\.1 nobody here$/m),
      ]);
      const stored = await core.smtpSettings.read(id);
      expect(stored?.lastTestOk).toBe(false);
      expect(test.output).toContain(`\n\n${stored?.lastTestProblem}\n`);
      const json = await run(['smtp-settings', 'test', id, '--to', 'bob@example.com', '--json']);
      expect([json.code, JSON.parse(json.output)]).toEqual([
        1,
        expect.objectContaining({ ok: false, failure: expect.objectContaining({ step: 'rcpt' }) }),
      ]);
      const unknown = await run(['smtp-settings', 'test', 'Nobody', '--to', 'bob@example.com']);
      expect([unknown.code, unknown.notes]).toEqual([1, expect.stringContaining('no SMTP settings named "Nobody"')]);
    });

    it('rotates the keys under a server that runs', async () => {
      const { id } = await addSettings('Office', 587, { username: 'ada' }, password);
      const row = () => core.database.query.selectFrom('smtp_settings').select('password_sealed').executeTakeFirst();
      const before = await row();
      const rotated = await run(['keys', 'rotate']);
      expect([rotated.code, rotated.output]).toEqual([0, 'Sealed 1 password under a new key.\n']);
      expect(await row()).not.toEqual(before);
      expect(await core.smtpSettings.readPassword(id)).toEqual({ password });
      expect(statSync(path.join(folder, 'secret.key')).mode & 0o777).toBe(0o600);
    });
  });
}

describe('command line as a program', () => {
  const run = async (argv: string[], environment: Record<string, string> = {}) => {
    const env = { PATH: process.env.PATH ?? '', POSTERN_DATA_DIR: '/nonexistent/postern', ...environment };
    const child = spawn(process.execPath, [program, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const [output, notes, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
    return { output, notes, code };
  };

  it('prints a new API key alone on standard output, in a folder that nobody used yet', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-cli-'));
    const argv = ['api-key', 'create', '--name', 'first', '--scopes', 'admin'];
    const made = await run(argv, { POSTERN_DATA_DIR: path.join(folder, 'data') });
    rmSync(folder, { recursive: true });
    expect(made).toEqual({ code: 0, output: expect.stringMatching(/^pst_\S+\n$/), notes: '' });
  });

  it('explains itself without touching a database', async () => {
    const help = await run(['--help']);
    expect([help.code, help.notes]).toEqual([0, '']);
    for (const word of ['person', 'api-key', 'smtp-settings', 'keys', 'POSTERN_DATA_DIR']) {
      expect(help.output).toContain(word);
    }
    const one = await run(['api-key', 'create', '--help']);
    expect([one.code, one.output]).toEqual([0, expect.stringMatching(/smtp-settings,\s+send,\s+read,.*\s+admin/)]);
  });

  it('says what is wrong with a command that cannot be meant, and exits with 2', async () => {
    const scope = await run(['api-key', 'create', '--name', 'x', '--scopes', 'send,write']);
    expect([scope.code, scope.output]).toEqual([2, '']);
    expect(scope.notes).toContain('There is no scope "write". The scopes are smtp-settings, send, read, ');
    expect(await run(['api-key', 'create', '--scopes', 'send'])).toMatchObject({
      code: 2,
      notes: expect.stringContaining('--name'),
    });
    expect(await run(['frobnicate'])).toMatchObject({ code: 2, output: '' });
    expect(await run([])).toMatchObject({ code: 2, notes: expect.stringContaining('Usage: postern') });
    const secret = await run(['user', 'create', '--email', 'a@example.com', '--password', password]);
    expect([secret.code, secret.notes]).toEqual([2, expect.not.stringContaining('canary')]);
  });

  it('names the variable of a bad configuration', async () => {
    const bad = await run(['api-key', 'list'], { POSTERN_PORT: 'x' });
    expect([bad.code, bad.notes]).toEqual([2, expect.stringContaining('postern: POSTERN_PORT: ')]);
  });
});
