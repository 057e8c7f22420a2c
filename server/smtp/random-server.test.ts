/**
 * Random servers, in memory, spoken to step by step, in flights and with BDAT: whatever they say, nothing is called sent but
 * what a 2xx answered the final dot of, no attempt outlives its deadline, and no memory is kept.
 * 5,000 of them, POSTERN_TEST_RUNS times as many each night, a million at most.
 */
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
    '551 no empty chunk\r\n',
    '555 5.5.4 parameters?\r\n',
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
  fc.array(step, { maxLength: 20 }),
  fc.tuple(fc.nat(18), odd).map(([good, last]): Step[] => [...Array.from({ length: good }, () => null), last]),
);

const helloLines = '250-random.test\r\n250-8BITMIME\r\n';
const offers = fc.constantFrom('250 SIZE\r\n', '250 PIPELINING\r\n', '250-PIPELINING\r\n250 CHUNKING\r\n');

const goodReply = (command: string, offer: string): string => {
  if (command.startsWith('EHLO')) return helloLines + offer;
  if (command.startsWith('DATA')) return '354 go\r\n';
  return command.startsWith('QUIT') ? '221 bye\r\n' : '250 ok\r\n';
};

/** Cuts what the client says into commands: one for each reply that is due. Written for this test alone. */
class CommandReader {
  #text = '';
  #mode: 'command' | 'body' = 'command';

  read(bytes: string): string[] {
    this.#text += bytes;
    const commands: string[] = [];
    for (let command = this.#next(); command !== null; command = this.#next()) commands.push(command);
    return commands;
  }

  /** The server answered DATA with 354: a body follows. */
  expectBody(): void {
    this.#mode = 'body';
  }

  #next(): string | null {
    if (this.#mode === 'body') return this.#takeUntil('\r\n.\r\n', '.');
    const line = /^([^\n]*)\r\n/.exec(this.#text)?.[1];
    const size = Number(/^BDAT (\d+)/.exec(line ?? '')?.[1] ?? 0);
    if (line === undefined || this.#text.length < line.length + 2 + size) return null;
    this.#text = this.#text.slice(line.length + 2 + size);
    return line;
  }

  #takeUntil(end: string, name: string): string | null {
    const at = `\r\n${this.#text}`.indexOf(end);
    if (at === -1) return null;
    this.#text = this.#text.slice(at + end.length - 2);
    this.#mode = 'command';
    return name;
  }
}

/** Written for this test alone, so that the parser does not judge itself. */
const listReplies = (text: string): string[] => text.match(/^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\r?\n/gm) ?? [];

const deadlineMilliseconds = 2000;
const data = Buffer.from('Subject: x\r\n\r\nhi\r\n');

async function converse(steps: Step[], offer: string) {
  const [client, server] = duplexPair();
  let heard = '';
  client.on('data', (bytes: Buffer) => {
    heard += bytes.toString('latin1');
  });
  /** What the client wrote, as it wrote it, and how many replies it had heard by then. */
  const written: { commands: string[]; repliesHeard: number }[] = [];
  const reader = new CommandReader();
  const write = client.write.bind(client) as (bytes: string | Uint8Array) => boolean;
  let last = '';
  client.write = ((bytes: string | Uint8Array) => {
    if (last === 'DATA' && listReplies(heard).at(-1)?.startsWith('354') === true) reader.expectBody();
    const commands = reader.read(Buffer.from(bytes as Uint8Array).toString('latin1'));
    written.push({ commands, repliesHeard: listReplies(heard).length });
    last = commands.at(-1) ?? last;
    return write(bytes);
  }) as typeof client.write;

  let at = 0;
  const listener = new CommandReader();
  const react = (good: string): string => {
    if (server.destroyed || server.writableEnded) return '';
    const own = at < steps.length ? (steps[at++] ?? null) : null;
    for (const text of own?.chunks ?? [good]) server.write(Buffer.from(text, 'latin1'));
    // Who says nothing, or only half, would be waited for: end the line instead.
    const isWhole = own === null || /(^|\n)\d{3} [^\n]*\n$/.test(own.chunks.join(''));
    if (own?.hasEnd === true || !isWhole) server.end();
    return (own?.chunks ?? [good]).join('');
  };
  server.on('error', () => {});
  server.on('data', (bytes: Buffer) => {
    for (const command of listener.read(bytes.toString('latin1'))) {
      const said = react(goodReply(command, offer));
      if (command === 'DATA' && said.includes('354')) listener.expectBody();
    }
  });
  react('220 hi\r\n');

  const startedAt = performance.now();
  const target = loopbackTarget(25, {
    timeouts: { ...loopbackTarget(25).timeouts, reply: 300, greeting: 300, dot: 300, deadline: deadlineMilliseconds },
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
  const failures: (SmtpFailure | null)[] = [];
  if (opened.ok) {
    const session = createSession({ ...opened, attempt, facts, target });
    const mails = [1, 2, 3].map((id) => ({
      mailFrom: 'a@example.com',
      recipients: [`${id}@example.com`, 'c@example.com'],
      data,
    }));
    const outcomes = await Promise.all(mails.map((mail) => session.send(mail)));
    failures.push(...outcomes.map((outcome) => (outcome.sent ? null : outcome.failure)));
    session.destroy();
  }
  const milliseconds = performance.now() - startedAt;
  client.destroy();
  server.destroy();
  return { failures, written, replies: listReplies(heard), milliseconds };
}

/** For each message whose end was written: the place of the reply that answers it. The greeting is reply 0. */
function findVerdicts(commands: string[]): Map<number, number> {
  const verdicts = new Map<number, number>();
  let id = 0;
  commands.forEach((command, place) => {
    const named = /^RCPT TO:<(\d)@/.exec(command)?.[1];
    if (named !== undefined) id = Number(named);
    // A dot that goes to nobody is no end of a message, but nobody is called sent for it either.
    if (command === '.' || /^BDAT [1-9]\d* LAST/.test(command)) verdicts.set(id, place + 1);
  });
  return verdicts;
}

it('says sent for nothing but a 2xx that answers the final dot', async () => {
  const seen = { sent: 0, uncertain: 0, certain: 0, behind: 0, chunks: 0 };
  const numRuns = Math.min(1_000_000, 5000 * Math.max(1, Number(process.env.POSTERN_TEST_RUNS ?? 1) || 1));
  let runs = 0;
  let heapAtStart = 0;
  await fc.assert(
    fc.asyncProperty(script, offers, async (steps, offer) => {
      const { failures, written, replies, milliseconds } = await converse(steps, offer);
      expect(milliseconds).toBeLessThan(deadlineMilliseconds + 1000);
      if (++runs === 1000) heapAtStart = process.memoryUsage().heapUsed;

      // Nothing is said while an answer is missing, or one too many is there.
      let before = 0;
      for (const { commands, repliesHeard } of written) {
        expect(repliesHeard).toBe(before + 1);
        before += commands.length;
        if (commands.includes('.') && commands.length > 1) seen.behind++;
      }
      const commands = written.flatMap((one) => one.commands);
      const verdicts = findVerdicts(commands);
      failures.forEach((failure, place) => {
        const verdict = verdicts.get(place + 1);
        if (failure === null) {
          seen.sent++;
          expect(verdict).toBeDefined();
          expect(replies[verdict as number]).toMatch(/^2\d\d/);
          if (!commands[(verdict as number) - 1]?.startsWith('BDAT')) return;
          seen.chunks++;
          expect(replies[(verdict as number) + 1]).toMatch(/^250-random\.test\r\n[\s\S]*CHUNKING/);
        } else if (verdict === undefined) expect(failure.kind).not.toBe('uncertain');
        else if (failure.kind === 'uncertain') seen.uncertain++;
        else {
          seen.certain++;
          expect(failure.kind).toBe('refused');
        }
      });
    }),
    { numRuns, ...(numRuns > 5000 ? { timeout: 60_000 } : {}) },
  );
  expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(0);
  if (runs > 20_000) expect(process.memoryUsage().heapUsed - heapAtStart).toBeLessThan(50 * 1024 * 1024);
}, 3_600_000);
