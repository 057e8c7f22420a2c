/** Who is signed in, and what they may do. The server decides; the screens only say so beforehand. */
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { type Me, readMe } from '../../contracts/access.ts';
import type { Endpoint, Role } from '../../contracts/endpoint.ts';
import { readSystem } from '../../contracts/system.ts';
import { call } from './call.ts';

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => call(readMe, { signal }),
  // The gate waits for it before it draws anything: an error page with a button is better than a blank one.
  retry: false,
  staleTime: 60_000,
});

export const systemQuery = queryOptions({
  queryKey: ['system'],
  queryFn: ({ signal }) => call(readSystem, { signal }),
  staleTime: 60_000,
  refetchInterval: 60_000,
});

/** The signed-in person; only inside pages behind the sign-in gate, which has loaded it. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

const rank: Record<Role, number> = { viewer: 0, operator: 1, administrator: 2 };
const plural: Record<Role, string> = {
  viewer: 'people who are signed in',
  operator: 'operators and administrators',
  administrator: 'administrators',
};

/** Null when this person may call the endpoint; else the sentence that says why not. */
export function reasonWhyNot(me: Pick<Me, 'role'>, endpoint: Pick<Endpoint, 'access'>): string | null {
  const { access } = endpoint;
  if (access === 'public' || access === 'signed-in' || rank[me.role] >= rank[access.role]) return null;
  return `Only ${plural[access.role]} can do this. You are ${me.role === 'operator' ? 'an' : 'a'} ${me.role}.`;
}

/** `reasonWhyNot` for the signed-in person. */
export function useReasonWhyNot(endpoint: Pick<Endpoint, 'access'>): string | null {
  return reasonWhyNot(useMe(), endpoint);
}
