/**
 * The server that Postern sends to in a crash proof, a process of its own, never killed: it writes down what it does with
 * each recipient, and has it on the disk before it answers. Its file is the truth that everything else is held against.
 *
 *   node truth-server.ts '{"file": …, "shares": …}'      prints its port, ends when its standard input does
 */
import { createHash } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { openDurableLines } from './durable-lines.ts';
import type { Truth, TruthVerdict } from './history.ts';
import { findDotRule, readAddress, readSubjectId, type TruthShares } from './truth-rules.ts';

export interface TruthOptions {
  file: string;
  shares: TruthShares;
}

const { file, shares } = JSON.parse(process.argv[2] ?? '{}') as TruthOptions;
const truth = openDurableLines<Truth>(file);
/** What has happened once. */
const greylisted = new Set<string>();
const ended = new Set<string>();

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  void converse(socket).catch(() => socket.destroy());
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.on('end', () => process.exit(0)).resume();

async function converse(socket: Socket): Promise<void> {
  let recipients: string[] = [];
  const say = (...lines: string[]) => socket.write(lines.map((line) => `${line}\r\n`).join(''));
  const input = readInput(socket);
  say('220 truth.test ESMTP');
  for (;;) {
    const line = await input.line();
    if (line === null) return;
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO')
      say('250-truth.test', '250-PIPELINING', '250-8BITMIME', '250-SIZE 40000000', '250 ENHANCEDSTATUSCODES');
    else if (verb === 'HELO' || verb === 'NOOP') say('250 truth.test');
    else if (verb === 'MAIL' || verb === 'RSET') {
      recipients = [];
      say('250 2.1.0 Ok');
    } else if (verb === 'RCPT') {
      const rcpt = /<([^>]*)>/.exec(line)?.[1] ?? '';
      const [verdict, reply] = answerRecipient(rcpt);
      if (verdict) await truth.add({ id: readAddress(rcpt)?.id ?? '', rcpt, sha256: null, verdict });
      else recipients.push(rcpt);
      say(reply);
    } else if (verb === 'DATA') {
      if (recipients.length === 0) say('554 5.5.1 No valid recipients');
      else {
        say('354 End data with <CR><LF>.<CR><LF>');
        const content = await input.content();
        if (content === null) return;
        const reply = await answerDot(content, recipients);
        recipients = [];
        if (reply === null) return void socket.destroy();
        say(reply);
      }
    } else if (verb === 'QUIT') {
      say('221 2.0.0 Bye');
      return void socket.end();
    } else say('500 5.5.2 Unknown');
  }
}

function answerRecipient(rcpt: string): [verdict: TruthVerdict | null, reply: string] {
  const kind = readAddress(rcpt)?.kind;
  if (kind === 'no') return ['refused', '550 5.1.1 No such user here'];
  if (kind !== 'grey' || greylisted.has(rcpt)) return [null, '250 2.1.5 Ok'];
  greylisted.add(rcpt);
  return ['deferred', '450 4.2.0 Greylisted, try again later'];
}

/** @returns null to break the line. */
async function answerDot(content: Buffer, recipients: string[]): Promise<string | null> {
  const id = readSubjectId(content.toString('latin1')) ?? '';
  const rule = findDotRule(shares, id, !ended.has(id));
  ended.add(id);
  const verdict = (
    { accept: 'accepted', 'accept-and-cut': 'accepted-cut', 'drop-and-cut': 'dropped-cut', defer: 'deferred' } as const
  )[rule];
  const sha256 = createHash('sha256').update(content).digest('hex');
  await truth.add(...recipients.map((rcpt) => ({ id, rcpt, sha256, verdict })));
  if (rule === 'accept') return `250 2.0.0 Ok: queued as ${id}`;
  return rule === 'defer' ? '451 4.3.0 Try again later' : null;
}

/** Lines and contents, one after the other; null once the line is gone. */
function readInput(socket: Socket) {
  const chunks = socket.iterator() as AsyncIterator<Buffer>;
  let buffer = Buffer.alloc(0);
  const readUntil = async (end: string, from = 0): Promise<Buffer | null> => {
    for (;;) {
      const at = buffer.indexOf(end, from);
      if (at >= 0) {
        const found = buffer.subarray(0, at);
        buffer = buffer.subarray(at + end.length);
        return found;
      }
      from = Math.max(0, buffer.length - end.length);
      const chunk = await chunks.next();
      if (chunk.done) return null;
      buffer = Buffer.concat([buffer, chunk.value]);
    }
  };
  return {
    line: async () => (await readUntil('\r\n'))?.toString('latin1') ?? null,
    /** Without the dot and its stuffing (RFC 5321 §4.5.2), with the last line's end. */
    content: async () => {
      const stuffed = await readUntil('\r\n.\r\n');
      if (stuffed === null) return null;
      return Buffer.from(
        `${stuffed.toString('latin1')}\r\n`.replaceAll('\r\n..', '\r\n.').replace(/^\.\./, '.'),
        'latin1',
      );
    },
  };
}
