/** What may be asked for, against what is then on the wire: nothing but commands, to nobody but who was named. */
import { duplexPair } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loopbackTarget } from '../../test/fake-smarthost.ts';
import { Attempt } from './attempt.ts';
import { readCapabilities } from './capabilities.ts';
import { toWireAddress } from './command.ts';
import { prepareMail } from './envelope.ts';
import { ReplyChannel } from './reply-channel.ts';
import { Transactions } from './transaction.ts';

const nasty = fc.constantFrom(
  '\r',
  '\n',
  '\r\n',
  '\0',
  '<',
  '>',
  ' ',
  '"',
  '\\',
  ',',
  ';',
  '(',
  ')',
  '\u0085',
  '\u2028',
  '.',
  '\r\n.\r\n',
);
const text = fc.string({ unit: fc.oneof(nasty, fc.constantFrom('a', 'é', '@', '-', '1')), maxLength: 12 });
const address = fc.oneof(
  text,
  fc.tuple(text, text).map((parts) => parts.join('@')),
  fc.constantFrom(
    'a@example.com',
    'é@example.com',
    'a@exämple.com',
    'a@b.example>\r\nRCPT TO:<x@evil.example',
    '"a b"@example.com',
  ),
);
const body = fc.array(fc.oneof(nasty, fc.constantFrom('a', '.', '\xff', 'MAIL FROM:<x@evil.example>')), {
  maxLength: 30,
});

async function send(mailFrom: string, recipients: string[], data: Buffer) {
  const [stream, server] = duplexPair();
  const commands: string[] = [];
  let message: string | null = null;
  server.on('data', (bytes: Buffer) => {
    const line = bytes.toString();
    if (commands.at(-1) === 'DATA\r\n' && message === null) message = bytes.toString('latin1');
    else commands.push(line);
    server.write(line === 'DATA\r\n' ? '354 go\r\n' : '250 ok\r\n');
  });
  const attempt = new Attempt({}, 5000);
  const channel = new ReplyChannel(stream, attempt);
  const capabilities = readCapabilities(['SIZE', '8BITMIME', 'SMTPUTF8']);
  const { timeouts } = loopbackTarget(25);
  const preparation = prepareMail({ mailFrom, recipients, data }, capabilities);
  const outcome = preparation.ok
    ? await new Transactions({ channel, attempt, capabilities, timeouts }).send(preparation.prepared)
    : ({ sent: false, ...preparation } as const);
  channel.break('cancelled', '');
  return { outcome, commands, message: message as string | null };
}

it('lets no address and no body add, end or change a command', async () => {
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(address, fc.array(address, { maxLength: 4 }), body, async (mailFrom, recipients, parts) => {
      const { outcome, commands, message } = await send(mailFrom, recipients, Buffer.from(parts.join(''), 'latin1'));
      for (const command of commands) {
        expect(command).toMatch(/^(MAIL FROM:<[^<>\p{Cc}\u2028]*>[A-Z0-9= ]*|RCPT TO:<[^<>\p{Cc}\u2028]+>|DATA)\r\n$/u);
      }
      const named = recipients.flatMap((recipient) => toWireAddress(recipient)?.text ?? []);
      const told = commands.filter((command) => command.startsWith('RCPT'));
      const wanted = commands.length === 0 ? [] : named.map((name) => `RCPT TO:<${name}>\r\n`);
      expect(told).toEqual(wanted);
      if (!outcome.sent) return;
      sent++;
      expect(outcome.recipients.map((recipient) => recipient.address)).toEqual(recipients);
      expect(`\r\n${message}`.indexOf('\r\n.\r\n')).toBe((message?.length ?? 0) - 3);
      expect(message?.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    }),
    { numRuns: 2000 },
  );
  expect(sent).toBeGreaterThan(50);
});
