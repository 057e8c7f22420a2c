/** Until when a mailed link works, asked of the store itself: what looks a link up and what uses it up each look at the time. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import { openAccessStore } from '../access/access.store.ts';
import type { Database } from '../database/open.ts';
import { openPersonStore } from './person.store.ts';
import { openPersonLinkStore, type PersonLinkStore } from './person-link.store.ts';
import type { LinkPurpose } from './person-link.ts';

const now = 1_800_000_000_000;
const minute = 60_000;
const hash = '$argon2id$v=19$m=1,t=1,p=1$AA$AA';

const purposes: [purpose: LinkPurpose, lasts: string, ms: number][] = [
  ['password-reset', '30 minutes', 30 * minute],
  ['email-change', '24 hours', 24 * 60 * minute],
  ['invitation', '7 days', 7 * 24 * 60 * minute],
];

describe.each(databases)('a mailed link on $kind', ({ open }) => {
  let database: Database;
  let links: PersonLinkStore;
  let [ada, eve] = ['', ''];
  beforeEach(async () => {
    database = await open();
    links = openPersonLinkStore(database);
    const person = { name: 'Ada', email: 'ada@example.com', role: 'viewer', passwordHash: hash } as const;
    ada = (await openAccessStore(database).createPerson(person, now))!.id;
    const invited = { email: 'eve@example.com', name: '', role: 'viewer', language: null, invitedBy: 'Ada' } as const;
    eve = (await openPersonStore(database).addInvited(invited, now))!;
  });
  afterEach(() => database.close());
  const make = async (purpose: LinkPurpose) => {
    const [id, email] = purpose === 'invitation' ? [eve, 'eve@example.com'] : [ada, 'ada@example.com'];
    const { token } = await links.makeLink(id, purpose, purpose === 'email-change' ? 'new@example.com' : email, now);
    return token;
  };
  const follow: Record<LinkPurpose, (token: string, at: number) => Promise<unknown>> = {
    'password-reset': (token, at) => links.completeReset(token, hash, at),
    'email-change': (token, at) => links.confirmEmail(token, at),
    invitation: (token, at) => links.acceptInvitation(token, { name: 'Eve', passwordHash: hash }, at),
  };

  it.each(purposes)('for %s works for %s and not a moment longer, looked at or followed', async (purpose, _, ms) => {
    const token = await make(purpose);
    expect(await links.findLink(purpose, token, now + ms)).toBeNull();
    expect(await follow[purpose](token, now + ms)).toBeNull();
    expect(await links.findLink(purpose, token, now + ms - 1)).toMatchObject({ expiresAt: now + ms });
    expect(await follow[purpose](token, now + ms - 1)).toMatchObject({
      name: purpose === 'invitation' ? 'Eve' : 'Ada',
    });
    expect(await follow[purpose](token, now + 1)).toBeNull();
  });

  it.each(purposes)('for %s does nothing else', async (purpose) => {
    const token = await make(purpose);
    for (const [other] of purposes) {
      if (other === purpose) continue;
      expect(await links.findLink(other, token, now + 1)).toBeNull();
      expect(await follow[other](token, now + 1)).toBeNull();
    }
    expect(await follow[purpose](token, now + 1)).not.toBeNull();
  });
});
