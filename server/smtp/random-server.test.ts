/** Random servers, in memory: whatever they say, nothing is called sent but what a 2xx answered the final dot of. */
import { duplexPair } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loopbackTarget } from '../../test/fake-smarthost.ts';
import { Attempt } from './attempt.ts';
import { openConversation } from './open-conversation.ts';
import type { SmtpFailure } from './outcome.ts';
import { createSession } from './session.ts';
import { emptyFacts } from './target.ts';

/** What a server says to one thing that reaches it; null: what a good server would say. */
type Step = { chunks: string[]; hasEnd: boolean } | null;

const chunk = fc.constantFrom(
  ...[
    '220 hi\r\n',
    '250 ok\r\n',
    '250-a\r\n250 b\r\n',
    '250-a\r\n',
    '354 go\r\n',
    '334 x\r\n',
    '235 ok\r\n',
    '221 bye\r\n',
    '200 fine\r\n',
  ],
  ...[
    '421 bye\r\n',
    '450 4.2.0 no\r\n',
    '550 5.1.1 no\r\n',
    '550-a\r\n250 b\r\n',
    '250 ok\r\n250 ok\r\n',
    '354 go\r\n250 ok\r\n',
    '250 ok\n',
  ],
  ...[
    '25',
    '0 ok\r\n',
    '250',
    ' ok\r\n',
    '\r\n',
    'what\r\n',
    '250ok\r\n',
    '150 x\r\n',
    '\0\xff',
    '250 ok\r\n421 bye\r\n',
  ],
);
const odd = fc.record({ chunks: fc.array(chunk, { maxLength: 3 }), hasEnd: fc.boolean() });
const step: fc.Arbitrary<Step> = fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: odd });

/** All odd at random, or right up to one odd moment: most odd servers never get as far as the dot. */
const script = fc.oneof(
  fc.array(step, { maxLength: 8 }),
  fc.tuple(fc.nat(6), odd).map(([good, last]): Step[] => [...Array.from({ length: good }, () => null), last]),
);

const goodReply = (line: string): string => {
  if (line.startsWith('EHLO')) return '250-random.test\r\n250 8BITMIME\r\n';
  if (line.startsWith('DATA')) return '354 go\r\n';
  return line.startsWith('QUIT') ? '221 bye\r\n' : '250 ok\r\n';
};

async function converse(steps: Step[]) {
  const [client, server] = duplexPair();
  /** In the order in which the client lived it. */
  const heard = { before: '', after: '' };
  /** What came in the pieces that brought the first reply after the dot. */
  let verdict = '';
  let hasDot = false;
  let commands = 0;
  client.on('data', (bytes: Buffer) => {
    if (hasDot && !/^\d{3}( [^\n]*|\r)?\n/m.test(verdict)) verdict += bytes.toString('latin1');
    heard[hasDot ? 'after' : 'before'] += bytes.toString('latin1');
  });
  const write = client.write.bind(client) as (bytes: string | Uint8Array) => boolean;
  client.write = ((bytes: string | Uint8Array) => {
    const text = Buffer.from(bytes as Uint8Array).toString('latin1');
    if (text.endsWith('\r\n.\r\n')) hasDot = true;
    else if (!hasDot && !text.startsWith('QUIT')) commands++;
    return write(bytes);
  }) as typeof client.write;

  let at = 0;
  const react = (good: string) => {
    if (server.destroyed || server.writableEnded) return;
    const own = at < steps.length ? (steps[at++] ?? null) : null;
    for (const text of own?.chunks ?? [good]) server.write(Buffer.from(text, 'latin1'));
    // Who says nothing, or only half, would be waited for: end the line instead.
    const isWhole = own === null || /(^|\n)\d{3} [^\n]*\n$/.test(own.chunks.join(''));
    if (own?.hasEnd === true || !isWhole) server.end();
  };
  server.on('error', () => {});
  server.on('data', (bytes: Buffer) => react(goodReply(bytes.toString('latin1'))));
  react('220 hi\r\n');

  const target = loopbackTarget(25, {
    timeouts: { ...loopbackTarget(25).timeouts, reply: 300, greeting: 300, dot: 300, deadline: 2000 },
  });
  const attempt = new Attempt({}, target.timeouts.deadline);
  const facts = emptyFacts();
  const encrypt = () => Promise.reject(new Error('nobody asked for TLS'));
  const opened = await openConversation(client, {
    target,
    attempt,
    facts,
    isEncrypted: false,
    encrypt,
    onChannel: () => {},
  });
  let failure: SmtpFailure | null = opened.ok ? null : opened.failure;
  if (opened.ok) {
    const session = createSession({ ...opened, attempt, facts, target });
    const data = Buffer.from('Subject: x\r\n\r\nhi\r\n');
    const outcome = await session.send({
      mailFrom: 'a@example.com',
      recipients: ['b@example.com', 'c@example.com'],
      data,
    });
    failure = outcome.sent ? null : outcome.failure;
    session.destroy();
  }
  client.destroy();
  server.destroy();
  return { failure, hasDot, commands, heard, verdict };
}

/** Written for this test alone, so that the parser does not judge itself. */
const countReplies = (text: string): number => [...text.matchAll(/^\d{3}(?: [^\n]*)?\r?\n/gm)].length;

it('says sent for nothing but a 2xx that answers the final dot', async () => {
  const seen = { sent: 0, uncertain: 0, certain: 0 };
  await fc.assert(
    fc.asyncProperty(script, async (steps) => {
      const { failure, hasDot, commands, heard, verdict } = await converse(steps);

      if (failure === null) {
        seen.sent++;
        expect(hasDot).toBe(true);
        expect(verdict).toMatch(/^(2\d\d-[^\n]*\n)*2\d\d( [^\n]*|\r)?\n(421 [^\n]*\n)?$/);
        // The greeting and one reply for each command, no more and no less.
        expect(countReplies(heard.before)).toBe(commands + 1);
      } else if (hasDot && failure.kind !== 'uncertain') {
        seen.certain++;
        expect(failure).toMatchObject({ kind: 'refused', phase: 'dot' });
        expect(heard.after).toMatch(/^[45]\d\d/);
      } else if (hasDot) seen.uncertain++;
      else expect(failure.kind).not.toBe('uncertain');
    }),
    { numRuns: 5000 },
  );
  expect(Math.min(seen.sent, seen.uncertain, seen.certain)).toBeGreaterThan(0);
});
