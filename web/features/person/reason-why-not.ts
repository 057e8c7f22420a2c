import type { Person } from '../../../contracts/person.ts';

export type PersonAct = 'resend' | 'end-sessions' | 'remove-factor' | 'disable' | 'enable' | 'delete';

export const lastAdministratorWords =
  'The last administrator who can sign in. Make somebody else an administrator first.';

/** Why something cannot be done with this person; null where it can. The server decides; this only says so beforehand. */
export function reasonWhyNot(person: Person, act: PersonAct): string | null {
  if (act === 'end-sessions') return person.sessionCount === 0 ? 'Not signed in anywhere.' : null;
  if (act === 'remove-factor' && !person.hasSecondFactor) return 'There is none.';
  if (person.isLastAdministrator && (act === 'disable' || act === 'delete')) return lastAdministratorWords;
  if (person.isYou && act === 'remove-factor') return 'Your own: see “My second factors”.';
  if (person.isYou && (act === 'disable' || act === 'delete'))
    return 'You cannot do this to yourself. Ask another administrator.';
  return null;
}
