import type { Factor } from '../../../contracts/access.ts';

/** What each factor asks, for whoever signs in. */
export const factorWords: Record<Factor, { lead: string; choose: string; wrong: string }> = {
  passkey: {
    lead: 'Now show your passkey: your device asks for your finger, your face or its PIN.',
    choose: 'Use a passkey',
    wrong: '',
  },
  totp: {
    lead: 'Now give the code that your authenticator app shows for Postern.',
    choose: 'Use a code of the app',
    wrong:
      'Codes change every 30 seconds, and each works once. Give the one that the app shows now; if it never fits, the clock of your phone is wrong.',
  },
  recovery: {
    lead: 'Now give one of the recovery codes that you have kept. It works once.',
    choose: 'Use a recovery code',
    wrong:
      'Each works once: give one that you have not used yet. None is left? An administrator can take your second factor away.',
  },
};

const order: readonly Factor[] = ['passkey', 'totp', 'recovery'];

/** @returns the way to begin with, and those that remain beside another. A browser without passkeys is not asked for one. */
export function otherWays(
  needs: readonly Factor[],
  canUsePasskeys: boolean,
): { first: Factor; others: (way: Factor) => Factor[] } {
  const ways = order.filter((way) => needs.includes(way) && (canUsePasskeys || way !== 'passkey'));
  return { first: ways[0] ?? 'recovery', others: (way) => ways.filter((other) => other !== way) };
}
