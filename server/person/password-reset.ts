/**
 * A forgotten password. Invariant: what asks is answered before anything about the address is looked up, and the same
 * whatever comes of it, so neither the answer nor its time tells who has an account (OWASP Forgot Password sheet).
 *
 * Policy: 3 mails to an address at once, then one in 20 minutes; 20 requests from a network, then one a minute; beyond that
 * they are ignored without a word. One after the other, 100 may wait. Who is disabled or only invited gets nothing.
 */

import type { AccessStore } from '../access/access.store.ts';
import { toEmailKey } from '../access/email-key.ts';
import { openRateLimit } from '../access/rate-limit.ts';
import { networkOf } from '../access/sign-in-limits.ts';
import type { Clock } from '../platform/clock.ts';
import type { PersonLinkStore } from './person-link.store.ts';
import { linkMs, printLink } from './person-link.ts';
import { type SendPersonMail, writePasswordReset } from './person-mail.ts';

export interface PasswordResetParts {
  people: Pick<AccessStore, 'findPersonByEmail'>;
  links: Pick<PersonLinkStore, 'makeLink'>;
  send: SendPersonMail;
  publicUrl: string;
  clock: Clock;
  /** Lets the answer go out first. */
  breathe: () => Promise<unknown>;
  onFault: (error: unknown) => void;
}

export interface PasswordReset {
  /** Returns at once. */
  request: (email: string, ipAddress: string) => void;
  /** Resolves when nothing waits any more. */
  idle: () => Promise<void>;
}

const perAddress = { burst: 3, refillMs: 20 * 60_000 };
const perNetwork = { burst: 20, refillMs: 60_000 };
const mostWaiting = 100;

export const openPasswordReset = (parts: PasswordResetParts): PasswordReset => {
  const { people, links, send, publicUrl, clock } = parts;
  const [addresses, networks] = [openRateLimit(clock, perAddress), openRateLimit(clock, perNetwork)];
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  const mail = async (email: string) => {
    await parts.breathe();
    const person = await people.findPersonByEmail(email);
    if (person?.state !== 'active') return;
    const { token, expiresAt } = await links.makeLink(person.id, 'password-reset', person.email, clock.now());
    const link = printLink(publicUrl, 'password-reset', token);
    const sent = await send(writePasswordReset(person, link, linkMs['password-reset'] / 60_000, expiresAt));
    if (!sent.ok) parts.onFault(new Error(`A reset link was not mailed: ${sent.why}`));
  };

  return {
    request: (email, ipAddress) => {
      // Both are counted, whoever has the address.
      const isCalm = [networks.take(networkOf(ipAddress)), addresses.take(toEmailKey(email))].every(Boolean);
      if (!isCalm || waiting >= mostWaiting) return;
      waiting += 1;
      last = last
        .then(() => mail(email))
        .catch(parts.onFault)
        .finally(() => {
          waiting -= 1;
        });
    },
    idle: async () => {
      await last;
    },
  };
};
