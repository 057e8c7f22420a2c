import { roles } from '../../../contracts/access.ts';
import type { Role } from '../../../contracts/endpoint.ts';
import { type PersonState, personStates } from '../../../contracts/person.ts';

/** What the address of the users page holds; absent: all of them. */
export interface PeopleSearch {
  q?: string;
  state?: PersonState;
  role?: Role;
}

/** Leaves out what means nothing. */
export function peopleSearch({ q, state, role }: Record<string, unknown>): PeopleSearch {
  const found: PeopleSearch = {};
  if (typeof q === 'string' && q !== '') found.q = q;
  for (const each of personStates) if (each === state) found.state = each;
  for (const each of roles) if (each === role) found.role = each;
  return found;
}
