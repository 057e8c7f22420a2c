import { expect, it } from 'vitest';
import type { Person } from '../../../contracts/person.ts';
import { lastAdministratorWords, type PersonAct, reasonWhyNot } from './reason-why-not.ts';

const ada: Person = {
  id: 'user_00000000000000000000000000',
  name: 'Ada',
  email: 'ada@example.com',
  role: 'administrator',
  state: 'active',
  language: null,
  hasSecondFactor: true,
  sessionCount: 2,
  createdAt: '2026-06-10T12:00:00Z',
  lastSignInAt: null,
  disabledAt: null,
  invitedBy: null,
  invitationExpiresAt: null,
  isYou: false,
  isLastAdministrator: false,
};
const acts: PersonAct[] = ['end-sessions', 'remove-factor', 'disable', 'delete'];
const closed = (more: Partial<Person>) => acts.filter((act) => reasonWhyNot({ ...ada, ...more }, act) !== null);

it.each([
  ['another administrator', {}, []],
  ['oneself', { isYou: true }, ['remove-factor', 'disable', 'delete']],
  ['the last administrator', { isLastAdministrator: true }, ['disable', 'delete']],
  ['who is not signed in', { sessionCount: 0 }, ['end-sessions']],
  ['who has no factor', { hasSecondFactor: false }, ['remove-factor']],
] as const)('of %s: %j is closed: %j', (_name, more, acts) => {
  expect(closed(more)).toEqual(acts);
});

it('names the last administrator before anything else', () => {
  expect(reasonWhyNot({ ...ada, isYou: true, isLastAdministrator: true }, 'delete')).toBe(lastAdministratorWords);
});
