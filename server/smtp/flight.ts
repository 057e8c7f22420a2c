/** What goes out in one piece and comes back as one list of answers (RFC 2920). Pure. */
import { Buffer } from 'node:buffer';
import type { Attempt } from './attempt.ts';
import type { EnvelopeAnswers, PreparedMail } from './envelope.ts';
import type { Phase } from './outcome.ts';
import { type Answer, type Ask, isPositive } from './reply-channel.ts';
import type { Timeouts } from './target.ts';

/** Larger bodies are written in blocks, each with a time-out of its own, and only to recipients that were accepted. */
const maxOneWriteBytes = 64 * 1024;

export const isGoAhead = (code: number) => code === 354;

/** MAIL, and as many RCPT. */
export function askEnvelope(rcptLines: readonly string[], { reply }: Timeouts): Ask[] {
  const asks: Ask[] = [{ phase: 'mail', milliseconds: reply, isExpected: isPositive }];
  for (let i = 0; i < rcptLines.length; i++) asks.push({ phase: 'rcpt', milliseconds: reply, isExpected: isPositive });
  return asks;
}

export const isSmall = ({ body }: PreparedMail): boolean => body !== null && body.sizeBytes <= maxOneWriteBytes;

/** MAIL, RCPT…, and what came last. */
export function split(answers: Answer[]): EnvelopeAnswers {
  return {
    mail: answers[0] as Answer,
    rcpt: answers.slice(1, -1),
    data: answers.at(-1) ?? null,
  };
}

/** One piece, for one packet and one system call. The texts are ASCII or, in SMTPUTF8, UTF-8. */
export function join(before: string, bytes: Uint8Array, after: string): Uint8Array {
  const first = Buffer.byteLength(before);
  const all = Buffer.allocUnsafe(first + bytes.length + Buffer.byteLength(after));
  if (first > 0) all.write(before, 0);
  all.set(bytes, first);
  all.write(after, first + bytes.length);
  return all;
}

/** Phases of a flight begin and end together: what passed is told in order when all of it is known. */
export function tellPhases(answers: EnvelopeAnswers, attempt: Attempt): EnvelopeAnswers {
  if (!attempt.isFollowed) return answers;
  const { mail, rcpt, data } = answers;
  const told: [Phase, Answer][] = [['mail', mail], ...rcpt.map((answer): [Phase, Answer] => ['rcpt', answer])];
  if (data !== null) told.push(['data', data]);
  for (const [phase, answer] of told) {
    attempt.start(phase);
    if (answer.ok) attempt.end(phase, answer.reply);
  }
  return answers;
}
