/** Which deaths a run brings, one after the other: planned from a seed, so that a run can be had again. Pure. */
import { openSeededRandom } from './seeded.ts';

/**
 * in_accept: while a submission is being written · after_insert: it is durable, nobody was told · pre_dot: an attempt has
 * begun · post_dot: the dot may be out · verdict_read: the server has answered, nothing is written.
 */
export const killPoints = ['in_accept', 'after_insert', 'pre_dot', 'post_dot', 'verdict_read'] as const;

export type Death =
  /** The program kills itself there: POSTERN_KILL_AT. */
  | { kind: 'point'; point: (typeof killPoints)[number]; pass: number; delayMs: number }
  /** SIGKILL from outside, this long after the mail has begun to come in. */
  | { kind: 'random'; afterMs: number }
  /** SIGTERM: it must end well, and nothing may be in doubt. */
  | { kind: 'stop'; afterMs: number };

export type DeathKind = (typeof killPoints)[number] | 'random' | 'stop';

/** Every kind, and chance more often. */
export const allDeaths: readonly DeathKind[] = [
  'post_dot',
  'random',
  'pre_dot',
  'verdict_read',
  'in_accept',
  'random',
  'after_insert',
  'stop',
];

/**
 * @param round the kinds, one after the other and again from the beginning
 * @param portion how many messages come in during a life; passes are drawn so that a point is reached in it
 */
export function planDeaths(seed: number, round: readonly DeathKind[], count: number, portion: number): Death[] {
  const random = openSeededRandom(seed);
  const draw = (most: number) => Math.floor(random() * most);
  return Array.from({ length: count }, (_, place): Death => {
    const kind = round[place % round.length] as DeathKind;
    if (kind === 'random' || kind === 'stop') return { kind, afterMs: draw(300) };
    // The line is still held at `post_dot` without a delay: the dot is not out before it.
    const delayMs = kind === 'in_accept' || kind === 'post_dot' ? draw(4) : 0;
    return { kind: 'point', point: kind, pass: 1 + draw(Math.max(1, portion / 2)), delayMs };
  });
}

export const describeDeath = (death: Death): DeathKind => (death.kind === 'point' ? death.point : death.kind);
