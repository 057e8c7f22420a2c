import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openPasswordKeys, type PasswordKeys } from './password-key.store.ts';
import { openSmtpSettingsStore, type SmtpSettingsStore, type WriteOutcome } from './smtp-settings.store.ts';
import { mergeFields, type SmtpSettingsFields } from './smtp-settings.ts';

const fields: SmtpSettingsFields = {
  name: 'Office',
  starttlsOnly: true,
  security: 'automatic',
  host: 'smtp.example.com',
  port: 587,
  fromName: 'Billing',
  fromEmail: 'billing@example.com',
  replyTo: '',
  username: 'billing@example.com',
  certificateCheck: 'verify',
  certificateFingerprint: '',
  caCertificate: '',
  tlsMinimum: '1.2',
  authMethod: 'automatic',
  ehloName: '',
  connectTimeoutSeconds: 10,
  replyTimeoutSeconds: 60,
};
const secret = 'canary-hunter2-ß';

const saved = (outcome: WriteOutcome) => {
  if (outcome.outcome !== 'saved') throw new Error(`not saved: ${outcome.outcome}`);
  return outcome.settings;
};

for (const { kind, open } of databases) {
  describe(`SMTP settings store on ${kind}`, () => {
    let database: Database;
    let keys: PasswordKeys;
    let store: SmtpSettingsStore;
    let dataFolder: string;
    let time = Date.UTC(2026, 10, 22);
    const clock = { now: () => time, monotonic: () => time };
    const openKeys = (secretKey: Buffer | null = null) => openPasswordKeys(database, { dataFolder, secretKey }, clock);
    const add = async (changes: Partial<SmtpSettingsFields> = {}, password: string | null = null) =>
      saved(await store.create({ ...fields, ...changes }, password, 'ada@example.com'));
    const sealedOf = async (id: string) =>
      (
        await database.query
          .selectFrom('smtp_settings')
          .select('password_sealed')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
      ).password_sealed;

    beforeEach(async () => {
      time = Date.UTC(2026, 10, 22);
      dataFolder = mkdtempSync(path.join(os.tmpdir(), 'postern-keys-'));
      database = await open();
      keys = await openKeys();
      store = openSmtpSettingsStore(database, keys, clock);
    });
    afterEach(async () => {
      await database.close();
      rmSync(dataFolder, { recursive: true, force: true });
    });

    it('gives back what was saved, without the password', async () => {
      const settings = await add({}, secret);
      expect(settings).toMatchObject({ ...fields, hasPassword: true, version: 1, updatedBy: 'ada@example.com' });
      expect(settings.passwordSetAt).toBe('2026-11-22T00:00:00.000Z');
      expect(await store.read(settings.id)).toEqual(settings);
      expect(JSON.stringify(settings)).not.toContain(secret);
    });

    it('keeps names unique whatever their case or Unicode form', async () => {
      await add({ name: 'Büro Süd' });
      expect(await store.create({ ...fields, name: 'BÜRO SÜD' }, null, 'x')).toEqual({ outcome: 'name-taken' });
      const other = await add({ name: 'Other' });
      const renamed = await store.change(other.id, 1, { ...fields, name: 'bu\u0308ro Süd' }, undefined, 'x');
      expect(renamed).toEqual({ outcome: 'name-taken' });
      expect((await store.read(other.id))?.name).toBe('Other');
    });

    it('refuses a change made on an older version and shows the newer one', async () => {
      const { id } = await add();
      saved(await store.change(id, 1, { ...fields, port: 465 }, undefined, 'ada@example.com'));
      const second = await store.change(id, 1, { ...fields, port: 2525 }, undefined, 'bob@example.com');
      expect(second).toMatchObject({ outcome: 'version-conflict', current: { port: 465, version: 2 } });
      expect(await store.change('smtp_00000000000000000000000000', 1, fields, undefined, 'x')).toEqual({
        outcome: 'not-found',
      });
    });

    it('keeps what the server offers while it is the same server, and for whoever went by this version', async () => {
      const { id, updatedAt } = await add();
      const seen = async () => {
        const now = await store.directory.read(id);
        return now && [now.serverSeenAt, now.sizeLimitBytes, now.starttlsSeenAt];
      };
      expect(await seen()).toEqual([null, null, null]);
      const at = new Date(time).toISOString();
      await store.noteOffer(id, 1, { sizeLimitBytes: 10_485_760, hasStarttls: true });
      expect(await seen()).toEqual([at, 10_485_760, at]);
      expect(await store.read(id)).toMatchObject({ version: 1, updatedAt });
      time += 1000;
      const later = new Date(time).toISOString();
      await store.noteOffer(id, 1, { sizeLimitBytes: null, hasStarttls: false });
      expect(await seen()).toEqual([later, null, at]);

      saved(await store.change(id, 1, { ...fields, name: 'Head office', ehloName: 'a.test' }, undefined, 'x'));
      expect(await seen()).toEqual([later, null, at]);
      await store.noteOffer(id, 1, { sizeLimitBytes: 1, hasStarttls: false });
      expect(await seen()).toEqual([later, null, at]);
      const moves = [{ port: 2525 }, { host: 'mail.test' }, { username: 'b' }, { starttlsOnly: false }];
      for (const [place, move] of moves.entries()) {
        const version = 2 + place;
        await store.noteOffer(id, version, { sizeLimitBytes: 5, hasStarttls: true });
        const now = (await store.read(id))!;
        saved(await store.change(id, version, { ...mergeFields(now, move), name: now.name }, undefined, 'x'));
        expect([move, await seen()]).toEqual([move, [null, null, null]]);
      }
    });

    it('lists by name in pages that neither lose nor repeat', async () => {
      for (const name of ['delta', 'Alpha', 'charlie', 'Bravo', 'écho']) await add({ name });
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.list({ filter: '', cursor, limit: 2 });
        names.push(...page.data.map((settings) => settings.name));
        cursor = page.next ?? undefined;
      } while (cursor);
      expect(names).toEqual(['Alpha', 'Bravo', 'charlie', 'delta', 'écho']);
    });

    it('filters by name, host and addresses, whatever the case, and takes % and _ literally', async () => {
      await add({ name: 'One', host: 'MX.Example.net', fromEmail: 'a@one.example' });
      await add({
        name: 'Two_100%',
        host: 'smtp.example.org',
        fromEmail: 'b@two.example',
        username: 'Login@Two.example',
      });
      const find = async (filter: string) =>
        (await store.list({ filter, cursor: undefined, limit: 10 })).data.map((settings) => settings.name);
      expect(await find('mx.EXAMPLE')).toEqual(['One']);
      expect(await find('a@one')).toEqual(['One']);
      expect(await find('login@two')).toEqual(['Two_100%']);
      expect(await find('o_1')).toEqual(['Two_100%']);
      expect(await find('e_100')).toEqual([]);
      expect(await find('0%')).toEqual(['Two_100%']);
      expect(await find('\\')).toEqual([]);
    });

    it('leaves, replaces and forgets the password as it is told', async () => {
      const { id } = await add({}, secret);
      saved(await store.change(id, 1, fields, undefined, 'x'));
      expect(await store.readPassword(id)).toEqual({ password: secret });
      time += 1000;
      expect(saved(await store.change(id, 2, fields, 'other', 'x')).passwordSetAt).toBe('2026-11-22T00:00:01.000Z');
      expect(await store.readPassword(id)).toEqual({ password: 'other' });
      expect(saved(await store.change(id, 3, fields, null, 'x'))).toMatchObject({
        hasPassword: false,
        passwordSetAt: null,
      });
      expect(await store.readPassword(id)).toEqual({ password: null });
    });

    it('does not open a password that was moved to another row or tampered with', async () => {
      const one = await add({ name: 'one' }, secret);
      const two = await add({ name: 'two' }, 'another');
      const set = (id: string, password_sealed: string) =>
        database.query.updateTable('smtp_settings').set({ password_sealed }).where('id', '=', id).execute();
      const sealed = (await sealedOf(one.id))!;
      await set(two.id, sealed);
      expect(await store.readPassword(two.id)).toBe('locked');
      await set(one.id, sealed.slice(0, -2) + (sealed.endsWith('A') ? 'BB' : 'AA'));
      expect(await store.readPassword(one.id)).toBe('locked');
      await set(one.id, sealed.slice(0, 40));
      expect(await store.readPassword(one.id)).toBe('locked');
    });

    it('makes the first settings the default, and the oldest of the others when those go', async () => {
      const defaults = async () =>
        (await store.list({ filter: '', cursor: undefined, limit: 10 })).data
          .filter(({ isDefault }) => isDefault)
          .map(({ name }) => name);
      expect(await store.readDefault()).toBeNull();
      const first = await add({ name: 'zulu' });
      expect(first.isDefault).toBe(true);
      time += 1;
      const second = await add({ name: 'yankee' });
      time += 1;
      await add({ name: 'alpha' });
      expect(second.isDefault).toBe(false);
      expect(await defaults()).toEqual(['zulu']);
      expect(await store.remove(second.id)).toBe(true);
      expect(await defaults()).toEqual(['zulu']);
      expect(await store.remove(second.id)).toBe(false);
      time += 1;
      await add({ name: 'bravo' });
      expect(await store.remove(first.id)).toBe(true);
      expect(await defaults()).toEqual(['alpha']);
      expect((await store.readDefault())?.name).toBe('alpha');
    });

    it('makes chosen settings the default, alone and without a new version', async () => {
      const first = await add({ name: 'one' });
      const second = await add({ name: 'two' });
      expect(await store.makeDefault(second.id)).toEqual({ ...second, isDefault: true });
      expect(await store.read(first.id)).toEqual({ ...first, isDefault: false });
      expect(await store.makeDefault('smtp_00000000000000000000000000')).toBeNull();
      expect((await store.readDefault())?.id).toBe(second.id);
      saved(await store.change(second.id, 1, { ...fields, name: 'renamed' }, undefined, 'x'));
      expect((await store.readDefault())?.name).toBe('renamed');
    });

    it('shows its own changes at once to those who ask with every message, and those of others within a second', async () => {
      const { directory } = store;
      const other = openSmtpSettingsStore(database, keys, clock);
      expect(await directory.readDefault()).toBeNull();
      const { id } = await add({ name: 'one' });
      expect((await directory.readDefault())?.name).toBe('one');
      saved(await store.change(id, 1, { ...fields, name: 'two' }, undefined, 'x'));
      expect((await directory.readDefault())?.name).toBe('two');
      expect([await directory.readByName('ONE'), (await directory.readByName('TWO'))?.id]).toEqual([null, id]);
      const second = await add({ name: 'second' });
      await store.makeDefault(second.id);
      expect((await directory.readDefault())?.name).toBe('second');
      await other.makeDefault(id);
      expect((await directory.readDefault())?.name).toBe('second');
      time += 1000;
      expect((await directory.readDefault())?.name).toBe('two');
      await store.remove(id);
      expect([await directory.read(id), (await directory.readDefault())?.name]).toEqual([null, 'second']);
    });

    it('has one default when several are added at the same moment', async () => {
      const added = await Promise.all(['a', 'b', 'c', 'd'].map((name) => add({ name })));
      expect(added.filter(({ isDefault }) => isDefault)).toHaveLength(1);
    });

    it('records a test without making a new version', async () => {
      const { id } = await add();
      await store.recordTest(id, { isOk: false, problem: 'The password was refused.' });
      expect(await store.read(id)).toMatchObject({
        lastTestOk: false,
        lastTestProblem: 'The password was refused.',
        version: 1,
      });
      expect((await store.read(id))?.lastUsedAt).toBeNull();
      await store.recordTest(id, { isOk: true, problem: '' });
      expect((await store.read(id))?.lastUsedAt).not.toBeNull();
    });

    it('seals everything again when keys are rotated, and the old key opens nothing any more', async () => {
      const before = await add({ name: 'one' }, secret);
      await add({ name: 'no password' });
      const sealedBefore = await sealedOf(before.id);
      const keyBefore = readFileSync(path.join(dataFolder, 'secret.key'), 'utf8');
      // A second process, as the command line is, while this one goes on with the ring that it has in memory.
      expect(await (await openKeys()).rotate(null)).toEqual({ passwords: 1, secretKeyChanged: true });
      expect(await sealedOf(before.id)).not.toBe(sealedBefore);
      expect(await store.readPassword(before.id)).toEqual({ password: secret });
      const during = await add({ name: 'after rotation' }, 'new one');
      expect(await store.readPassword(during.id)).toEqual({ password: 'new one' });
      const keyAfter = readFileSync(path.join(dataFolder, 'secret.key'), 'utf8');
      expect(keyAfter.trim().split('\n')).toHaveLength(1);
      expect(keyAfter).not.toBe(keyBefore);
      writeFileSync(path.join(dataFolder, 'secret.key'), keyBefore);
      expect(await (await openKeys()).closedBecause()).toContain('not the key that sealed');
    });

    it('opens everything when a rotation was killed before the database changed over', async () => {
      const { id } = await add({}, secret);
      const file = path.join(dataFolder, 'secret.key');
      writeFileSync(file, `${'ab'.repeat(32)}\n${readFileSync(file, 'utf8')}`);
      const reopened = openSmtpSettingsStore(database, await openKeys(), clock);
      expect(await reopened.readPassword(id)).toEqual({ password: secret });
    });

    it('closes sending when the key is missing or wrong, and opens it again with the right one', async () => {
      const { id } = await add({}, secret);
      const file = path.join(dataFolder, 'secret.key');
      expect(statSync(file).mode & 0o777).toBe(0o600);
      renameSync(file, `${file}.away`);
      const keyless = await openKeys();
      expect(await keyless.closedBecause()).toContain('missing');
      const closedStore = openSmtpSettingsStore(database, keyless, clock);
      expect(await closedStore.readPassword(id)).toBe('locked');
      expect(await closedStore.create({ ...fields, name: 'x' }, 'y', 'x')).toEqual({ outcome: 'closed' });
      expect(await (await openKeys(Buffer.alloc(32, 7))).closedBecause()).toContain(
        'POSTERN_SECRET_KEY is not the key',
      );
      renameSync(`${file}.away`, file);
      expect(await closedStore.readPassword(id)).toEqual({ password: secret });
      expect(await keyless.closedBecause()).toBeNull();
    });

    it('makes what the file names so, once, and gives back to the screen what it no longer names', async () => {
      const { id } = await add({ name: 'office' });
      const file = [
        { fields: { ...fields, port: 465 }, password: secret },
        { fields: { ...fields, name: 'Second' }, password: null },
      ];
      expect(await store.applyManaged(file)).toEqual({ changed: ['Office', 'Second'], closed: false });
      expect(await store.read(id)).toMatchObject({
        name: 'Office',
        port: 465,
        managedBy: 'file',
        version: 2,
        hasPassword: true,
      });
      expect(await store.applyManaged(file)).toEqual({ changed: [], closed: false });
      expect((await store.read(id))?.version).toBe(2);
      await store.applyManaged(file.slice(1));
      expect(await store.read(id)).toMatchObject({ port: 465, managedBy: 'screen' });
      expect(await store.readByName('second')).toMatchObject({ managedBy: 'file' });
      await store.applyManaged([]);
      expect(await store.readByName('second')).toMatchObject({ managedBy: 'screen' });
    });

    it('rotates to a new key that the environment will give', async () => {
      const old = Buffer.alloc(32, 1);
      const renewed = Buffer.alloc(32, 2);
      await database.query.deleteFrom('data_key').execute();
      const environmentKeys = await openKeys(old);
      store = openSmtpSettingsStore(database, environmentKeys, clock);
      const { id } = await add({}, secret);
      await environmentKeys.rotate(renewed);
      const after = openSmtpSettingsStore(database, await openKeys(renewed), clock);
      expect(await after.readPassword(id)).toEqual({ password: secret });
      expect(await (await openKeys(old)).closedBecause()).not.toBeNull();
    });
  });
}

it('keeps a field that a change does not name', () => {
  expect(mergeFields(fields, { port: 25, fromName: '' })).toEqual({ ...fields, port: 25, fromName: '' });
});
