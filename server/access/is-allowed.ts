/** Who may call what: the whole rule, deny-by-default. People are judged by role, programs by scope, never both ways. */
import type { Access, Role, Scope } from '../../contracts/endpoint.ts';
import type { Caller } from '../platform/http.ts';

const ranks: Record<Role, number> = { viewer: 1, operator: 2, administrator: 3 };

const isAtLeast = (role: Role, least: Role): boolean => ranks[role] >= ranks[least];

/**
 * `admin` opens every endpoint that a key can reach; any other scope opens exactly the endpoints that name it. No scope
 * contains another: `read` will come to mean mail content, which a key made for configuring servers must not see.
 */
export const isAllowed = (caller: Caller | null, access: Access): boolean => {
  if (access === 'public') return true;
  if (!caller) return false;
  if (access === 'signed-in') return caller.kind === 'person';
  if (caller.kind === 'person') return isAtLeast(caller.role, access.role);
  const wanted = scopesOf(access);
  return (
    wanted.length > 0 && (caller.scopes.includes('admin') || wanted.some((scope) => caller.scopes.includes(scope)))
  );
};

/** The scopes of which a key needs one; none: people only. */
export const scopesOf = (access: Exclude<Access, string>): readonly Scope[] => {
  if (access.scope === undefined) return [];
  return Array.isArray(access.scope) ? access.scope : [access.scope as Scope];
};
