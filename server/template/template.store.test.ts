import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { compilerNumber } from './compiler-number.ts';
import { openTemplateStore, type TemplateStore } from './template.store.ts';
import { content } from './test-data.ts';

const by = 'ada@example.com';
const texts = { compiler: compilerNumber, languages: { en: { subject: 's', html: 'h', text: 't' } } };
const version = (change: Record<string, unknown> = {}, reason = 'changed') => ({
  content: content(change),
  texts,
  reason,
  by,
});

for (const { kind, open } of databases) {
  describe(`templates on ${kind}`, () => {
    let database: Database;
    let store: TemplateStore;
    let now: number;
    const saved = async (key = 'shipped', change = {}) => {
      const outcome = await store.create(key, version(change, 'created'));
      if (outcome.outcome !== 'saved') throw new Error(outcome.outcome);
      return outcome.template;
    };
    beforeEach(async () => {
      database = await open();
      now = Date.UTC(2026, 10, 22);
      store = openTemplateStore(database, { now: () => now, monotonic: () => now });
    });
    afterEach(() => database.close());

    it('writes a version with every save, and never another', async () => {
      const { summary } = await saved();
      expect(summary).toMatchObject({
        key: 'shipped',
        version: 1,
        is_built_in: false,
        is_changed: false,
        updated_by: by,
      });
      await store.change(summary.id, 1, version({ subject: 'Two {{ number }}' }));
      await store.change(summary.id, 2, version({ subject: 'Three {{ number }}' }, 'restored from 1'));
      const { data, next } = await store.listVersions(summary.id, { cursor: undefined, limit: 2 });
      expect(data.map((one) => `${one.version} ${one.subject} ${one.reason}`)).toEqual([
        '3 Three {{ number }} restored from 1',
        '2 Two {{ number }} changed',
      ]);
      const rest = await store.listVersions(summary.id, { cursor: next!, limit: 2 });
      expect(rest.data.map((one) => one.version)).toEqual([1]);
      expect((await store.readVersion(summary.id, 1))!.stored).toMatchObject({ version: 1, content: content(), texts });
      expect(await store.readVersion(summary.id, 4)).toBeNull();
      expect((await store.read(summary.id))!.summary).toMatchObject({
        subject: 'Three {{ number }}',
        is_changed: false,
      });
    });

    it('refuses what was changed on an older version, and says what is there now', async () => {
      const { summary } = await saved();
      await store.change(summary.id, 1, version({ subject: 'First' }));
      const late = await store.change(summary.id, 1, version({ subject: 'Late' }));
      expect(late).toMatchObject({
        outcome: 'version-conflict',
        current: { summary: { version: 2, subject: 'First' } },
      });
      const both = await Promise.all(['A', 'B'].map((subject) => store.change(summary.id, 2, version({ subject }))));
      expect(both.map(({ outcome }) => outcome).toSorted()).toEqual(['saved', 'version-conflict']);
      expect(await store.change('tpl_00000000000000000000000000', 1, version())).toEqual({ outcome: 'not-found' });
    });

    it('has one template of a key', async () => {
      await saved();
      expect(await store.create('shipped', version({ name: 'Another' }))).toEqual({ outcome: 'key-taken' });
    });

    it('lists by name, finds by name, key and subject, and goes on from a cursor', async () => {
      for (const [key, name] of [
        ['b', 'Beta'],
        ['a', 'beta'],
        ['c', 'Alpha'],
        ['d', '100 %'],
      ] as const) {
        await saved(key, { name, subject: `About ${name}` });
      }
      const keys = async (filter: string, limit = 10, cursor?: string) => {
        const { data, next } = await store.list({ filter, limit, cursor });
        return { keys: data.map(({ key }) => key).join(''), next };
      };
      expect((await keys('')).keys).toBe('dcab');
      const first = await keys('', 2);
      expect(first.keys + (await keys('', 2, first.next!)).keys).toBe('dcab');
      expect([(await keys('BETA')).keys, (await keys('about alpha')).keys, (await keys('%')).keys]).toEqual([
        'ab',
        'c',
        'd',
      ]);
    });

    it('hands messages the newest version, own changes at once', async () => {
      const { summary } = await saved();
      expect((await store.recall({ key: 'shipped' }))!.version).toBe(1);
      await store.change(summary.id, 1, version());
      expect((await store.recall({ key: 'shipped' }))!.version).toBe(2);
      expect((await store.recall({ id: summary.id }))!.version).toBe(2);
      const another = openTemplateStore(database, { now: () => now, monotonic: () => now });
      await another.change(summary.id, 2, version());
      now += 1001;
      expect((await store.recall({ key: 'shipped' }))!.version).toBe(3);
      expect(await store.recall({ key: 'other' })).toBeNull();
    });

    it('forgets texts that an older compiler made, and keeps those that are made anew', async () => {
      const outcome = await store.create('old', { ...version(), texts: { ...texts, compiler: compilerNumber - 1 } });
      const { stored } = (outcome as { template: Awaited<ReturnType<typeof saved>> }).template;
      expect(stored.texts).toBeNull();
      await store.keepTexts(stored, texts);
      expect((await store.recall({ key: 'old' }))!.texts).toEqual(texts);
    });

    it('deletes a template with its versions, and no built-in one', async () => {
      const { summary } = await saved();
      await store.bring([{ key: 'brought', content: content({ name: 'Brought' }), texts }]);
      const brought = (await store.recall({ key: 'brought' }))!;
      expect([await store.remove(summary.id), await store.remove(brought.id), await store.remove(summary.id)]).toEqual([
        true,
        false,
        false,
      ]);
      expect(await store.read(summary.id)).toBeNull();
      expect(await database.query.selectFrom('template_version').select('template_id').execute()).toHaveLength(1);
    });

    it('follows the release with built-in templates that nobody has changed, and leaves the others alone', async () => {
      const bring = (subject: string) =>
        store.bring(['a', 'b'].map((key) => ({ key, content: content({ name: key, subject }), texts })));
      const subjects = async () =>
        (await store.list({ filter: '', cursor: undefined, limit: 9 })).data.map(
          (one) => `${one.subject} ${one.version} ${one.is_changed}`,
        );
      await bring('one');
      await bring('one');
      expect(await subjects()).toEqual(['one 1 false', 'one 1 false']);
      const { id } = (await store.recall({ key: 'a' }))!;
      await store.change(id, 1, version({ name: 'a', subject: 'own' }));
      await bring('two');
      expect(await subjects()).toEqual(['own 2 true', 'two 2 false']);
      await store.change(id, 2, version({ name: 'a', subject: 'two' }, 'reset'), true);
      await bring('three');
      expect(await subjects()).toEqual(['three 4 false', 'three 3 false']);
    });

    it('brings what a release compiles otherwise, as no new version, and leaves what a person wrote as it is', async () => {
      const bring = (html: string) => {
        const compiled = { ...texts, languages: { en: { ...texts.languages.en, html } } };
        return store.bring(['a', 'b'].map((key) => ({ key, content: content({ name: key }), texts: compiled })));
      };
      const read = async (key: string) => {
        const { version, texts } = (await store.recall({ key }))!;
        return `${version} ${texts!.languages.en!.html}`;
      };
      await bring('one');
      await store.change((await store.recall({ key: 'a' }))!.id, 1, version({ name: 'a', subject: 'own' }));
      expect([await read('a'), await read('b')]).toEqual(['2 h', '1 one']);
      await bring('two');
      expect([await read('a'), await read('b')]).toEqual(['2 h', '1 two']);
    });

    it('names the templates that send by certain settings', async () => {
      await saved('x', { name: 'Uses', smtp_settings_id: 'smtp_1' });
      await saved('y', { name: 'Does not' });
      expect([await store.listUsing('smtp_1'), await store.listUsing('smtp_2')]).toEqual([['Uses'], []]);
    });
  });
}
