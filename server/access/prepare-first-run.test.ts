import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { systemClock } from '../platform/clock.ts';
import { type AccessStore, openAccessStore } from './access.store.ts';
import { isPasswordRight } from './password-hash.ts';
import { prepareFirstRun } from './prepare-first-run.ts';

const ada = { email: 'ada@example.com', password: 'canary battery staple' };

for (const { kind, open } of databases) {
  describe(`preparing the first run on ${kind}`, () => {
    let database: Database;
    let people: AccessStore;
    beforeEach(async () => {
      database = await open();
      people = openAccessStore(database);
    });
    afterEach(() => database.close());

    it('makes the administrator whom the variables name, and no token', async () => {
      const prepared = await prepareFirstRun(people, ada, systemClock);
      expect(prepared).toEqual({ firstRun: null, created: ada.email, warning: '' });
      const person = await people.findPersonByEmail(ada.email);
      expect(person).toMatchObject({ name: 'ada', role: 'administrator' });
      expect(await isPasswordRight(ada.password, person!.passwordHash)).toBe(true);
    });

    it('lets later changes of the variables change nothing', async () => {
      await prepareFirstRun(people, ada, systemClock);
      const before = await people.findPersonByEmail(ada.email);
      const later = { ...ada, password: 'another battery staple' };
      expect(await prepareFirstRun(people, later, systemClock)).toMatchObject({ firstRun: null, created: null });
      const eve = { email: 'eve@example.com', password: ada.password };
      expect(await prepareFirstRun(people, eve, systemClock)).toMatchObject({ firstRun: null, created: null });
      expect(await people.findPersonByEmail(ada.email)).toEqual(before);
      expect(await people.listPeople()).toHaveLength(1);
    });

    it('opens the first run with another token at each start while there is no administrator', async () => {
      const [one, two] = [
        await prepareFirstRun(people, null, systemClock),
        await prepareFirstRun(people, null, systemClock),
      ];
      expect(one.firstRun?.path).toMatch(/^\/first-run#/);
      expect(two.firstRun?.path).not.toBe(one.firstRun?.path);
      await people.createPerson({ name: 'B', email: 'b@example.com', role: 'administrator', passwordHash: '' }, 0);
      expect((await prepareFirstRun(people, null, systemClock)).firstRun).toBeNull();
    });

    it('warns of an easy password without repeating it', async () => {
      const { created, warning } = await prepareFirstRun(people, { ...ada, password: 'password1234' }, systemClock);
      expect(created).toBe(ada.email);
      expect(warning).toMatch(/^POSTERN_ADMIN_PASSWORD: /);
      expect(warning).not.toContain('password1234');
    });
  });
}
