/**
 * The reservations of one submission (queue/hand-off.ts): asked for before it is inserted, each ended once it is known what
 * became of it. What is sent from memory is what was stored: no reservation is taken before the commit has answered.
 */
import type { HandOff, Reservation } from '../queue/hand-off.ts';
import type { AcceptedMessage, AcceptedSubmission } from './accepted-message.ts';

/** What goes into the queue row; null: the row waits to be claimed. */
export type Hold = Pick<Reservation, 'owner' | 'leasedUntil' | 'attempt'> | null;

export interface Holds {
  /** One for each message, in order; plain values. */
  columns: Hold[];
  /** It is durable. @returns those that wait to be claimed */
  take: () => AcceptedMessage[];
  /** For certain nothing was inserted. */
  drop: () => void;
  /** @param error of the insert */
  fail: (error: unknown) => void;
}

export interface AcceptUnit {
  submission: AcceptedSubmission;
  /** Asked for just before the insert; the same holds however often it is tried. */
  hold: () => Holds;
}

export const noHandOff: HandOff = { reserve: () => null };

export const holdMessages = ({ reserve }: HandOff, messages: readonly AcceptedMessage[]): Holds => {
  const reservations = messages.map((message) => reserve(message));
  const endEach = (how: 'drop' | 'lose') => {
    for (const reservation of reservations) reservation?.[how]();
  };
  return {
    columns: reservations.map(toColumns),
    take: () =>
      messages.filter((message, place) => {
        reservations[place]?.take(message.content);
        return !reservations[place];
      }),
    drop: () => endEach('drop'),
    fail: (error) => endEach(isRolledBack(error) ? 'drop' : 'lose'),
  };
};

function toColumns(reservation: Reservation | null): Hold {
  if (!reservation) return null;
  const { owner, leasedUntil, attempt } = reservation;
  return { owner, leasedUntil, attempt };
}

/** The database said no before it committed; else (a broken line, a thread that ended, a disk that failed) nobody knows. */
const undone =
  /^SQLITE_(FULL|BUSY|CONSTRAINT|TOOBIG|ERROR|READONLY|CANTOPEN)|^(2[2-8]|40(?!003)|42|53|54|55|57014)[0-9A-Z]*$/;

function isRolledBack(error: unknown): boolean {
  return undone.test(String((error as { code?: unknown }).code));
}
