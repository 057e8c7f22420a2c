/**
 * No more than two wrong sign-ins with the same secret in a quarter of an hour, however many connections are wanted:
 * servers lock accounts for less. Connections that would sign in are opened two at a time at most, so that those under way
 * when the first is refused cannot all be refused. One guard belongs to one version of the settings.
 */
import { fail, type SmtpFailure } from '../smtp/outcome.ts';
import type { OpenOptions, OpenResult } from '../smtp/session.client.ts';
import type { SmtpTarget } from '../smtp/target.ts';

export const signInLimit = { tries: 2, milliseconds: 15 * 60_000 } as const;

export type OpenSession = (target: SmtpTarget, options?: OpenOptions) => Promise<OpenResult>;

const wasRefused = ({ phase, kind, reply }: SmtpFailure): boolean =>
  phase === 'auth' && kind === 'refused' && reply !== null && !/^(421|454)$/.test(String(reply.code));

/** @param monotonic milliseconds */
export function guardSignIn(open: OpenSession, monotonic: () => number): OpenSession {
  let refusedAt: number[] = [];
  let opening = 0;
  const waiting: (() => void)[] = [];

  const hasRoom = (): boolean => {
    refusedAt = refusedAt.filter((at) => monotonic() - at < signInLimit.milliseconds);
    return opening + refusedAt.length < signInLimit.tries;
  };

  return async (target, options) => {
    if (target.credentials === null) return open(target, options);
    while (!hasRoom()) {
      if (opening === 0) {
        const detail = 'the sign-in was refused a moment ago, so it was not tried again yet';
        return { ok: false, failure: fail('connect', 'cancelled', detail) };
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    opening++;
    try {
      const opened = await open(target, options);
      if (!opened.ok && wasRefused(opened.failure)) refusedAt.push(monotonic());
      return opened;
    } finally {
      opening--;
      for (const go of waiting.splice(0)) go();
    }
  };
}
