/**
 * A whole message as its last chunk (RFC 3030), with EHLO behind it as the proof that the answers are in step: no other reply
 * offers CHUNKING and PIPELINING, as this server did before. (The other lines may differ: some offer no AUTH to who has
 * signed in.) A verdict without that proof is `uncertain`.
 */
import type { Attempt } from './attempt.ts';
import { normaliseLines } from './body-encoder.ts';
import { readCapabilities } from './capabilities.ts';
import type { PreparedMail } from './envelope.ts';
import { join } from './flight.ts';
import type { Reply } from './outcome.ts';
import { type Answer, type Ask, isPositive, type ReplyChannel } from './reply-channel.ts';
import type { ServerHabits } from './server-habits.ts';
import type { Timeouts } from './target.ts';

interface Line {
  channel: ReplyChannel;
  attempt: Attempt;
  timeouts: Timeouts;
  habits: ServerHabits;
  ehloName: string;
}

/** `before`: lines of the same flight, with what is asked in them. @returns the answers to these, and the verdict */
export async function writeLastChunk(
  { mail, body }: PreparedMail,
  { before, asks }: { before: string[]; asks: Ask[] },
  { channel, attempt, timeouts, habits, ehloName }: Line,
  onWrite: () => void,
): Promise<{ answers: Answer[]; last: Answer }> {
  if (body === null || !(mail.data instanceof Uint8Array)) throw new Error('a stream does not go in one chunk');
  const chunk = normaliseLines(mail.data, body);
  const lines = [...before, `BDAT ${chunk.length} LAST`];
  const hello = `EHLO ${ehloName}`;
  if (attempt.isWatched) {
    for (const line of lines) attempt.show('client', line);
    attempt.show('note', `message, ${chunk.length} bytes`);
    attempt.show('client', hello);
  }
  onWrite();
  const answers = await channel.askAll(
    [
      ...asks,
      { phase: 'dot', milliseconds: timeouts.dot, isExpected: isPositive },
      { phase: 'ehlo', milliseconds: timeouts.reply, isExpected: isPositive },
    ],
    join(`${lines.join('\r\n')}\r\n`, chunk, `${hello}\r\n`),
  );
  const proof = answers.pop() as Answer;
  const last = answers.pop() as Answer;
  if (proof.ok && isHello(proof.reply)) return { answers, last };
  // Had it gone out, every end but a refusal would be called uncertain: it did not.
  if (!last.ok && last.failure.kind !== 'refused' && last.failure.kind !== 'uncertain') return { answers, last };
  const detail = proof.ok ? 'a reply to EHLO that does not offer what it offered before' : proof.failure.detail;
  if (channel.isOpen) {
    habits.hasBrokenChunking = true;
    channel.break('desync', detail);
  }
  if (!last.ok && last.failure.reply?.code === 421) return { answers, last };
  return { answers, last: { ok: false, failure: attempt.fail('dot', 'uncertain', detail) } };
}

function isHello({ lines }: Reply): boolean {
  const { hasChunking, hasPipelining } = readCapabilities(lines.slice(1));
  return hasChunking && hasPipelining;
}
