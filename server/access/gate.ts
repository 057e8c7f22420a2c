/**
 * The one gate before every endpoint: who calls, and whether the contract lets them.
 *
 * Order: an API key, where one is given, decides alone, also when a cookie came along; else the session's cookie. Wrong
 * keys are told apart (not a key, copied badly, unknown, expired) since the repair differs; none of it helps a guesser.
 * Other schemes of Authorization are not ours: a proxy in front may ask for a password of its own and pass it on.
 * Then the cross-site rules, then role or scope. What no rule allows is refused.
 */
import type { FastifyRequest } from 'fastify';
import type { Access, Endpoint } from '../../contracts/endpoint.ts';
import type { Clock } from '../platform/clock.ts';
import type { Caller, Gate } from '../platform/http.ts';
import { Refusal } from '../platform/refusal.ts';
import type { ApiKeyStore } from './api-key.store.ts';
import { parseApiKey } from './api-key.ts';
import { findCrossSite } from './find-cross-site.ts';
import { isAllowed, scopesOf } from './is-allowed.ts';
import type { SessionStore } from './session.store.ts';
import { readSessionCookie } from './session-rules.ts';

export interface GateParts {
  sessions: Pick<SessionStore, 'findSession'>;
  apiKeys: Pick<ApiKeyStore, 'admitApiKey'>;
  clock: Pick<Clock, 'now'>;
  /** Whether the public URL is https: decides the cookie's name. */
  isHttps: boolean;
}

export const openGate = ({ sessions, apiKeys, clock, isHttps }: GateParts): Gate => {
  const findKeyCaller = async (text: string): Promise<Caller> => {
    const parsed = parseApiKey(text);
    if (!parsed.ok) throw refuseKey(parsed.problem);
    const used = await apiKeys.admitApiKey(parsed.id, text, clock.now());
    if (!used.ok) throw refuseKey(used.problem);
    return { kind: 'key', id: used.apiKey.id, name: used.apiKey.name, scopes: used.apiKey.scopes };
  };
  return {
    authenticate: async ({ headers }: FastifyRequest) => {
      const key = /^bearer +(\S+)$/i.exec(headers.authorization?.trim() ?? '')?.[1];
      if (key !== undefined) return findKeyCaller(key);
      const token = readSessionCookie(headers.cookie, isHttps);
      const found = token === null ? null : await sessions.findSession(token, clock.now());
      if (!found) return null;
      const { person, ...session } = found;
      return { kind: 'person', ...person, ...session };
    },
    authorise: (endpoint: Endpoint, caller, { method, headers }) => {
      if (caller?.kind !== 'key') {
        const crossSite = findCrossSite({ method, headers, hasCookie: caller !== null });
        if (crossSite) throw crossSite;
      }
      if (!isAllowed(caller, endpoint.access)) throw refuseCaller(caller, endpoint.access);
      // Setting one up, signing out and the like are open to everybody signed in.
      if (caller?.kind === 'person' && caller.mustSetUpSecondFactor && typeof endpoint.access !== 'string') {
        throw new Refusal(
          'second_factor_required',
          'Administrators need a second factor here. Set one up in your profile first; then all is open to you.',
        );
      }
    },
  };
};

const keyProblems = {
  'not-a-key': 'This is not an API key. Send "Authorization: Bearer pst_…" with a key from the API keys page.',
  mistyped: 'This API key was not copied whole: its checksum does not fit. Copy it again.',
  unknown: 'There is no such API key. It was revoked, or belongs to another installation.',
  expired: 'This API key has expired. Create a new one.',
} as const;

const refuseKey = (problem: keyof typeof keyProblems): Refusal =>
  new Refusal('invalid_api_key', keyProblems[problem], { headers: { 'www-authenticate': 'Bearer' } });

function refuseCaller(caller: Caller | null, access: Access): Refusal {
  if (!caller) {
    return new Refusal('missing_api_key', 'Sign in, or send an API key: "Authorization: Bearer pst_…".', {
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
  if (caller.kind === 'person') {
    const role = typeof access === 'string' ? 'person' : access.role;
    return new Refusal('forbidden', `Only ${withArticle(role)} may do this; you are ${withArticle(caller.role)}.`);
  }
  const scopes = typeof access === 'string' ? [] : scopesOf(access);
  if (scopes.length === 0) {
    return new Refusal('restricted_api_key', 'This is for people who are signed in; no API key may do it.');
  }
  return new Refusal(
    'restricted_api_key',
    `This API key may not do this: it needs the scope ${scopes.join(' or ')}${scopes.includes('admin') ? '' : ' or admin'}.`,
  );
}

const withArticle = (noun: string): string => `${/^[aeio]/.test(noun) ? 'an' : 'a'} ${noun}`;
