import { describe, expect, it } from 'vitest';
import type { Access, Role, Scope } from '../../contracts/endpoint.ts';
import type { Caller } from '../platform/http.ts';
import { isAllowed } from './is-allowed.ts';

const person = (role: Role): Caller => ({ kind: 'person', id: 'u', name: 'n', email: 'e', role, sessionId: 's' });
const key = (...scopes: Scope[]): Caller => ({ kind: 'key', id: 'k', name: 'n', scopes });

describe('isAllowed', () => {
  it('lets nobody in but where it says public', () => {
    expect(isAllowed(null, 'public')).toBe(true);
    expect(isAllowed(null, 'signed-in')).toBe(false);
    expect(isAllowed(null, { role: 'viewer', scope: 'read' })).toBe(false);
  });

  it('lets a role do what a lower role may do, and no more', () => {
    const roles: Role[] = ['viewer', 'operator', 'administrator'];
    for (const [place, role] of roles.entries())
      for (const [least, wanted] of roles.entries())
        expect(isAllowed(person(role), { role: wanted })).toBe(place >= least);
  });

  it('never lets a key in where people are meant', () => {
    expect(isAllowed(key('admin', 'read', 'send', 'smtp-settings'), 'signed-in')).toBe(false);
    expect(isAllowed(key('admin'), { role: 'viewer' })).toBe(false);
    expect(isAllowed(key('admin'), { role: 'viewer', scope: [] })).toBe(false);
  });

  it('wants one of the scopes that are named, or admin', () => {
    const access: Access = { role: 'viewer', scope: ['read', 'smtp-settings'] };
    expect(isAllowed(key('read'), access)).toBe(true);
    expect(isAllowed(key('smtp-settings'), access)).toBe(true);
    expect(isAllowed(key('admin'), access)).toBe(true);
    expect(isAllowed(key('send'), access)).toBe(false);
    expect(isAllowed(key(), access)).toBe(false);
    expect(isAllowed(key('smtp-settings'), { role: 'viewer', scope: 'read' })).toBe(false);
    expect(isAllowed(key('read', 'send'), { role: 'viewer', scope: 'admin' })).toBe(false);
  });
});
