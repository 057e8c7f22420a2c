/**
 * One message in, one message out, whatever octets stand around its end (faults of the kind of CVE-2023-51764): each variant
 * goes to every real mail server, one command at a time and in flights, and lies there once, as our session's rule has it:
 * every CR, LF and CR LF is a line end, and nothing else is. What was seen becomes a table in docs/interop.md.
 */
import { describe, expect, it } from 'vitest';
import { type EndOfData, endOfDataVariants, forgedRecipient } from './end-of-data.ts';
import { expectPart } from './support/generated-part.ts';
import { waitForArrived } from './support/mail-peer.ts';
import { peerStarts } from './support/mail-peers.ts';
import { sendNaively } from './support/naive-client.ts';
import { hasAllPeers, herePeers, startPeers, toStored } from './support/started-peers.ts';

const peers = startPeers();
const mailFrom = 'billing@example.com';
const ways = { steps: { pipelining: false }, flights: {} };
type Way = keyof typeof ways;

/** Variant, then server, then what was seen in either way. */
type Table = Map<string, Map<string, Set<string>>>;
const table: Table = new Map();
/** The same for octets that no client of ours has touched. */
const rawTable: Table = new Map();
/** Without PIPELINING, and it hangs up on who does it all the same: a forged command comes to nothing. */
const refusesFlights = new Set(['OpenSMTPD']);

const recipientOf = (index: number, way: Way) => `variant-${index}-${way}@example.org`;
const head = (index: number, way: Way) =>
  Buffer.from(
    [
      `From: ${mailFrom}`,
      `To: ${recipientOf(index, way)}`,
      `Subject: end of data ${index}, ${way}`,
      'Date: Sun, 22 Nov 2026 10:00:00 +0000',
      `Message-ID: <${index}.${way}.end-of-data@example.com>`,
      '',
      '',
    ].join('\r\n'),
  );

const toStream = (blocks: readonly Uint8Array[]) =>
  (async function* () {
    for (const block of blocks) yield block;
  })();

for (const { name, isHere } of peerStarts)
  describe.runIf(isHere)(name, () => {
    for (const way of ['steps', 'flights'] as const) {
      it(`takes each message as one, said in ${way}`, async () => {
        const { session } = await peers.open(name, {}, ways[way]);
        const before = peers.get(name).countAccepted();
        const outcomes = await Promise.all(
          endOfDataVariants.map(({ blocks }, index) => {
            const [first = Buffer.alloc(0), ...rest] = blocks;
            const whole = Buffer.concat([head(index, way), first]);
            const data = rest.length === 0 ? whole : toStream([head(index, way), first, ...rest]);
            return session.send({ mailFrom, recipients: [recipientOf(index, way)], data });
          }),
        );
        await session.quit();

        const refused = outcomes.flatMap((outcome, index) =>
          outcome.sent ? [] : [{ name: endOfDataVariants[index]?.name, outcome }],
        );
        expect(refused).toEqual([]);
        const isMine = ({ to }: { to: string }) => to.endsWith(`-${way}@example.org`);
        const arrived = await waitForArrived(peers.get(name), endOfDataVariants.length, isMine);
        const copies = Map.groupBy(arrived, ({ to }) => to);
        for (const [index, variant] of endOfDataVariants.entries()) {
          const mine = copies.get(recipientOf(index, way)) ?? [];
          expect(mine.length, variant.name).toBe(1);
          note(table, variant, name, findChange(mine[0]?.bytes, head(index, way), variant));
        }
        expect(peers.get(name).countAccepted() - before).toBe(endOfDataVariants.length);
      });
    }

    it('would be fooled by the same octets as they are, so the octets are the right ones', async () => {
      const peer = peers.get(name);
      const waiting = endOfDataVariants.filter(({ isForged }) => isForged).entries();
      const worker = async () => {
        for (const [index, variant] of waiting) {
          const octets = Buffer.concat([head(index, 'steps'), ...variant.blocks]);
          const codes = await sendNaively(peer, mailFrom, `raw-${index}@example.org`, octets);
          note(rawTable, variant, name, judgeRaw(codes));
        }
      };
      // One iterator for all: who is free takes the next.
      await Promise.all(Array.from({ length: 12 }, worker));
      const seen = rawTable.get('CR LF . CR LF')?.get(name);
      expect([...(seen ?? [])]).toEqual([refusesFlights.has(name) ? 'refused' : 'two']);
      if (refusesFlights.has(name)) return;
      const forged = await waitForArrived(peer, 1, ({ to }) => to === forgedRecipient);
      expect(forged[0]?.bytes.toString()).toContain('Subject: smuggled');
    });
  });

it.runIf(hasAllPeers)('docs/interop.md says what was seen here', () => {
  const names = herePeers.map(({ name }) => `${name} ${peers.get(name).version}`);
  const rows = endOfDataVariants.map(({ name }) => {
    const cells = herePeers.map((peer) => {
      const show = (from: Table, none: string) => [...(from.get(name)?.get(peer.name) ?? [none])].sort().join(', ');
      const raw = show(rawTable, 'one');
      return `${show(table, 'not run')}${raw === 'one' ? '' : ` · **raw: ${raw}**`}`;
    });
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  const text = [`| Octets | ${names.join(' | ')} |`, `|---|${'---|'.repeat(names.length)}`, ...rows].join('\n');
  expectPart('docs/interop.md', 'end of data', `${text}\n`, names);
});

function note(to: Table, { name: variant }: EndOfData, name: string, seen: string): void {
  const cells = to.get(variant) ?? new Map<string, Set<string>>();
  to.set(variant, cells.set(name, (cells.get(name) ?? new Set()).add(seen)));
}

/** In words for the table. @throws when more was changed than a server may change by itself. */
function findChange(arrived: Buffer | undefined, top: Uint8Array, { name, blocks }: EndOfData): string {
  const there = toStored(arrived ?? Buffer.alloc(0));
  const sent = toStored(Buffer.concat([top, ...blocks]));
  const whole = sent.endsWith('\n') ? sent : `${sent}\n`;
  if (there.endsWith(whole)) return 'one';
  for (const [words, change] of changes) if (there.endsWith(change(whole))) return `one, ${words}`;
  throw new Error(`${name}: arrived ${JSON.stringify(there.slice(-300))}, sent ${JSON.stringify(whole.slice(-300))}`);
}

/** What came after octets that were not encoded. 354: a second DATA was welcomed. */
function judgeRaw(codes: readonly string[]): string {
  if (codes.includes('354')) return 'two';
  if (!codes.includes('250')) return 'refused';
  return codes.join(' ') === '250 221' ? 'one' : 'cut short';
}

const changes: [words: string, change: (text: string) => string][] = [
  ['NUL taken out', (text) => text.replaceAll('\0', '')],
  ['line cut at NUL', (text) => text.replace(/\0[^\n]*/g, '')],
];
