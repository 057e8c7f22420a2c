/**
 * How the truth server treats mail, so that the same mail fares the same in every run: by its recipient's address, which
 * the driver makes (`no.m17@truth.test`), and at the dot by its id. What is odd happens once to each, so everything ends.
 */
import { drawFor } from './seeded.ts';

/** no: 550 · grey: 450 at first, then taken · anything else: taken. */
export const addressKinds = ['ok', 'no', 'grey'] as const;
export type AddressKind = (typeof addressKinds)[number];

export const truthDomain = 'truth.test';
export const toAddress = (kind: AddressKind, id: string, number: number): string =>
  `${kind}.${number}.${id}@${truthDomain}`;

/** @returns null for an address that the driver did not make. */
export function readAddress(address: string): { kind: string; id: string } | null {
  const match = /^([a-z]+)\.\d+\.([a-z0-9]+)@truth\.test$/.exec(address);
  return match && { kind: match[1] as string, id: match[2] as string };
}

/** The message's own name for itself; null when there is none. */
export const readSubjectId = (content: string): string | null =>
  /^Subject: crash ([a-z0-9]+)\r$/m.exec(content)?.[1] ?? null;
export const toSubject = (id: string): string => `crash ${id}`;
export const fromSubject = (subject: string): string => subject.replace(/^crash /, '');

export interface TruthShares {
  seed: number;
  /** Of messages, whose line is broken after the first dot instead of an answer; half of them are taken before. */
  cut: number;
  /** Of messages that are answered 451 at the first dot. */
  refusedAtDot: number;
}

export type DotRule = 'accept' | 'accept-and-cut' | 'drop-and-cut' | 'defer';

/** @param isFirst whether the first dot for this message has come now. */
export function findDotRule({ seed, cut, refusedAtDot }: TruthShares, id: string, isFirst: boolean): DotRule {
  if (!isFirst) return 'accept';
  const drawn = drawFor(seed, id);
  if (drawn < cut / 2) return 'accept-and-cut';
  if (drawn < cut) return 'drop-and-cut';
  return drawn < cut + refusedAtDot ? 'defer' : 'accept';
}
