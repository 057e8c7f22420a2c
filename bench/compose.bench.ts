/**
 * What composing costs, in CPU time per message, beside nodemailer's composer in the same run; and what signing adds. The
 * two take turns, and the best round of each counts: what else the machine does can only make a round slower.
 */
import { generateKeyPairSync } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import { createDkimSigner } from '../server/dkim/dkim.ts';
import { compileMessage } from '../server/mime/compile-message.ts';
import { composeMessage, type OutgoingMail } from '../server/mime/compose.ts';

export interface BenchRow {
  name: string;
  /** CPU microseconds per message. */
  value: number;
  unit: 'µs';
  /** The same work by nodemailer. */
  peer?: number;
  /** How many times as long that took. */
  ratio?: number;
  /** In words; absent for a figure that only informs. */
  promise?: string;
  ok: boolean;
}

const rounds = 7;
const words = 'Dear customer, your invoice is ready. Grüße aus München, and a few words more.';

/** 4 KB of text and HTML, some of it outside ASCII. */
const mail: OutgoingMail = {
  from: { name: 'Müller & Co.', address: 'billing@example.com' },
  replyTo: [{ address: 'help@example.com' }],
  to: [{ name: 'Ann Bee', address: 'ann.bee@customer.example' }],
  subject: 'Your invoice 2026-0001 for März',
  text: `${words}\n`.repeat(20),
  html: `<html><body>${`<p>${words}</p>\n`.repeat(28)}</body></html>`,
  date: new Date('2026-11-22T10:44:05Z'),
  messageId: '<0123456789abcdef0123456789abcdef@example.com>',
};
const plainMail: OutgoingMail = {
  ...mail,
  text: toAscii(mail.text),
  html: toAscii(mail.html),
  subject: 'Your invoice',
};
const content = Buffer.from(Array.from({ length: 100 * 1024 }, (_, place) => (place * 7919) >> 5));
const pdfMail: OutgoingMail = {
  ...mail,
  attachments: [{ filename: 'Invoice 2026-0001.pdf', contentType: 'application/pdf', content }],
};

/** About ten seconds. */
export async function measureComposer(): Promise<BenchRow[]> {
  const { from, replyTo = [], ...own } = mail;
  const compiled = compileMessage({ from, replyTo });
  const [rsa, ed25519] = await Promise.all([createSigner('rsa'), createSigner('ed25519')]);
  const bytes = composeMessage(mail);
  return [
    await compare('compose a 4 KB mail', mail, () => composeMessage(mail), { ratio: 10, microseconds: 20 }),
    await compare('compose a 4 KB mail, ASCII', plainMail, () => composeMessage(plainMail), { ratio: 10 }),
    await compare('compose a 4 KB mail from its compiled half', mail, () => compiled.compose(own), { ratio: 10 }),
    await compare('compose a mail with a 100 KB PDF', pdfMail, () => composeMessage(pdfMail), { ratio: 5 }),
    await measureAlone('sign a 4 KB mail, RSA 2048', () => rsa.sign(bytes, mail.date)),
    await measureAlone('sign a 4 KB mail, Ed25519', () => ed25519.sign(bytes, mail.date)),
  ];
}

async function compare(
  name: string,
  asked: OutgoingMail,
  ours: () => unknown,
  promise: { ratio: number; microseconds?: number },
): Promise<BenchRow> {
  const theirs = () => new MailComposer(asked as never).compile().build();
  await spend(ours, 3000);
  await spend(theirs, 300);
  let value = Number.POSITIVE_INFINITY;
  let peer = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    value = Math.min(value, await spend(ours, 3000));
    peer = Math.min(peer, await spend(theirs, 200));
  }
  const ratio = peer / value;
  const { microseconds = Number.POSITIVE_INFINITY } = promise;
  const words = `≥ ${promise.ratio}× nodemailer${promise.microseconds ? `, ≤ ${promise.microseconds} µs` : ''}`;
  return { name, value, unit: 'µs', peer, ratio, promise: words, ok: ratio >= promise.ratio && value <= microseconds };
}

async function measureAlone(name: string, act: () => unknown): Promise<BenchRow> {
  await spend(act, 300);
  let value = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) value = Math.min(value, await spend(act, 200));
  return { name, value, unit: 'µs', ok: true };
}

/** CPU microseconds of the whole process per turn, so that what the collector and the thread pool do counts too. */
async function spend(act: () => unknown, turns: number): Promise<number> {
  const before = process.cpuUsage();
  for (let turn = 0; turn < turns; turn += 1) {
    const result = act();
    if (result instanceof Promise) await result;
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / turns;
}

function createSigner(kind: 'rsa' | 'ed25519') {
  const { privateKey } =
    kind === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return createDkimSigner([{ domain: 'example.com', selector: 's', privateKey: pem }]);
}

function toAscii(text = ''): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
  return text.replace(/[^\u0000-\u007f]/g, 'x');
}
