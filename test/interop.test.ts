/**
 * Our session and composer against real mail servers: every way of encryption with every way to sign in, and every
 * extension that both sides know. What is sent is what lies in the mailbox. What was seen becomes the matrix in docs/interop.md.
 */
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { createPool } from '../server/smtp/pool.client.ts';
import { mechanisms as ownMechanisms } from '../server/smtp/sasl.ts';
import { emptyHabits } from '../server/smtp/server-habits.ts';
import type { SmtpTarget } from '../server/smtp/target.ts';
import {
  attachment,
  attachmentName,
  composeInvoice,
  findDifference,
  sender,
  text,
  writeRawMail,
} from './interop-mail.ts';
import { expectPart } from './support/generated-part.ts';
import { waitForArrived } from './support/mail-peer.ts';
import { peerStarts } from './support/mail-peers.ts';
import {
  hasAllPeers,
  herePeers,
  type PeerEncryption,
  startPeers,
  type WatchedSession,
} from './support/started-peers.ts';

const peers = startPeers();
const mailFrom = sender.address;
let count = 0;
const nextId = () => `<${++count}.interop@example.com>`;
const carrying = (id: string) => (message: { bytes: Buffer }) => message.bytes.includes(id);

/** Row, then server, then what was seen. */
const matrix = new Map<string, Map<string, string>>();
function note(row: string, name: string, seen: string): void {
  const cells = matrix.get(row) ?? new Map<string, string>();
  matrix.set(row, cells.set(name, seen));
}

const isOurs = (mechanism: string) => (ownMechanisms as readonly string[]).includes(mechanism);
const signInWith = (name: string, mechanism: string, isWrong = false): Partial<SmtpTarget> => {
  const { username, password, accessToken = '' } = peers.get(name);
  const isToken = mechanism === 'XOAUTH2' || mechanism === 'OAUTHBEARER';
  const credentials = isToken
    ? { username, accessToken: isWrong ? 'wrong' : accessToken }
    : { username, password: isWrong ? 'wrong' : password };
  return { authMethod: mechanism.toLowerCase() as SmtpTarget['authMethod'], credentials };
};
const said = ({ lines }: WatchedSession, pattern: RegExp) => lines.some((line) => pattern.test(line));
const offers = ({ facts }: WatchedSession, keyword: string) =>
  facts.capabilities.some((line) => line.toUpperCase().split(' ')[0] === keyword);

const encryptions: PeerEncryption[] = ['starttls', 'tls'];
const wayNames = { starttls: 'STARTTLS', tls: 'TLS from the start' };

for (const { name, isHere, mechanisms } of peerStarts)
  describe.runIf(isHere)(name, () => {
    it('offers the ways to sign in that are tested here, and no other', async () => {
      const watched = await peers.open(name);
      await watched.session.quit();
      const offered = watched.facts.capabilities
        .find((line) => /^AUTH /i.test(line))
        ?.split(' ')
        .slice(1);
      expect(offered?.toSorted()).toEqual(mechanisms.toSorted());
    });

    for (const encryption of encryptions) {
      describe(`with ${wayNames[encryption]}`, () => {
        it.each(mechanisms.filter(isOurs))(
          'takes an invoice and a raw message whole after AUTH %s',
          async (mechanism) => {
            const watched = await peers.open(name, { encryption, ...signInWith(name, mechanism) });
            const { session, facts } = watched;
            expect(facts).toMatchObject({ encryption, authMethod: mechanism, protocol: 'TLSv1.3' });
            const invoice = { id: nextId(), recipients: ['contact@example.org', 'second@example.org'] };
            const raw = { id: nextId(), recipients: ['third@example.net'] };
            const subject = `Grüße von ${name} mit ${mechanism}, eine lange Zeile voller Wörter für die Faltung`;
            const data = composeInvoice(subject, invoice.id);
            const rawData = writeRawMail('raw', raw.id);

            const outcomes = [
              await session.send({ mailFrom, recipients: invoice.recipients, data }),
              await session.send({ mailFrom, recipients: raw.recipients, data: rawData }),
            ];
            await session.quit();

            expect(outcomes).toMatchObject([{ sent: true }, { sent: true }]);
            const invoices = await waitForArrived(peers.get(name), 2, carrying(invoice.id));
            expect(invoices.map((message) => message.to).sort()).toEqual(invoice.recipients);
            expect(invoices.map((message) => findDifference(message, data))).toEqual([null, null]);
            await expectInvoice(invoices[0]?.bytes, subject);
            const [rawArrived] = await waitForArrived(peers.get(name), 1, carrying(raw.id));
            expect(rawArrived?.to).toBe(raw.recipients[0]);
            expect(rawArrived && findDifference(rawArrived, rawData)).toBeNull();
            note(wayNames[encryption], name, `yes, ${facts.protocol}`);
            note(`AUTH ${mechanism}`, name, 'yes');
            noteExtensions(watched, name);
          },
        );
      });
    }

    it('lets nobody in with a wrong password, and nothing arrives', async () => {
      const before = peers.get(name).countAccepted();
      for (const mechanism of mechanisms.filter(isOurs)) {
        const opened = await peers.tryOpen(name, signInWith(name, mechanism, true));
        expect(opened, mechanism).toMatchObject({
          ok: false,
          failure: { phase: 'auth', kind: 'refused', scope: 'session', reply: { code: 535 } },
        });
      }
      expect(peers.get(name).countAccepted()).toBe(before);
      note('wrong password', name, 'refused with 535');
    });

    it('is not spoken to when its certificate is not trusted', async () => {
      for (const encryption of encryptions) {
        const opened = await peers.tryOpen(name, { encryption, certificate: { check: 'verify' } });
        expect(opened).toMatchObject({ ok: false, failure: { phase: 'tls', scope: 'session' } });
        expect(opened.ok || opened.failure.kind).toMatch(/^certificate-/);
      }
    });

    it('gets a domain outside ASCII in A-labels, and a local part outside ASCII only where it offers SMTPUTF8', async () => {
      const watched = await peers.open(name);
      const [idn, utf8] = [nextId(), nextId()];
      const idnOutcome = await watched.session.send({
        mailFrom: 'billing@bücher.example',
        recipients: ['info@bücher.example'],
        data: writeRawMail('idn', idn),
      });
      const outcome = await watched.session.send({
        mailFrom: 'grüße@bücher.example',
        recipients: ['größe@bücher.example'],
        data: writeRawMail('Grüße, roh', utf8),
      });
      await watched.session.quit();

      expect(idnOutcome.sent).toBe(true);
      const [first] = await waitForArrived(peers.get(name), 1, carrying(idn));
      expect(said(watched, /^client: RCPT TO:<info@xn--bcher-kva\.example>/)).toBe(true);
      expect(first?.to).toMatch(/^info@(xn--bcher-kva|bücher)\.example$/);
      if (!offers(watched, 'SMTPUTF8')) {
        expect(outcome).toMatchObject({ sent: false, failure: { kind: 'smtputf8-not-offered', scope: 'sender' } });
        expect(said(watched, /^client: MAIL FROM:<gr/)).toBe(false);
        note('SMTPUTF8', name, 'not offered');
        return;
      }
      expect(outcome.sent).toBe(true);
      expect(said(watched, /^client: MAIL FROM:<grüße@xn--bcher-kva\.example>.* SMTPUTF8/)).toBe(true);
      const [second] = await waitForArrived(peers.get(name), 1, carrying(utf8));
      expect(second && findDifference(second, writeRawMail('Grüße, roh', utf8))).toBeNull();
      expect(second?.to.toLowerCase()).toMatch(/^größe@(xn--bcher-kva|bücher)\.example$/);
      note('SMTPUTF8', name, 'yes');
    });

    it('is asked for notifications where it offers DSN, and sends them', async () => {
      const watched = await peers.open(name);
      const id = nextId();
      const envelopeId = `interop+${name}=1`;
      const outcome = await watched.session.send({
        mailFrom: 'notified@example.com',
        recipients: ['reported@example.org'],
        data: writeRawMail('dsn', id),
        dsn: { envelopeId, returned: 'headers', notify: ['success', 'failure'], namesRecipient: true },
      });
      await watched.session.quit();
      expect(outcome.sent).toBe(true);
      await waitForArrived(peers.get(name), 1, carrying(id));
      expect(said(watched, /^client: RCPT .* NOTIFY=/)).toBe(offers(watched, 'DSN'));
      if (!offers(watched, 'DSN')) return note('DSN', name, 'not offered');
      // It takes the parameters, but it is no server that delivers.
      if (name === 'smtp-server') return note('DSN', name, 'parameters taken');
      const [report] = await waitForArrived(peers.get(name), 1, ({ to }) => to === 'notified@example.com');
      const words = report?.bytes.toString() ?? '';
      expect(words).toMatch(/^Content-Type: message\/delivery-status/im);
      expect(words).toMatch(/Final-Recipient: rfc822; ?reported@example\.org/i);
      expect(words).toMatch(/^Action: delivered/im);
      const returned = /^Original-Envelope-Id: *(.*)$/im.exec(words)?.[1];
      const seen =
        returned === envelopeId ? 'ENVID comes back' : returned ? 'ENVID comes back as xtext' : 'without the ENVID';
      note('DSN', name, `yes, ${seen}`);
    });

    it('takes up a TLS session again where it gave one out', async () => {
      const tlsSession = { current: null };
      for (const encryption of encryptions) {
        const first = await peers.open(name, { encryption }, { tlsSession });
        await first.session.quit();
      }
      const again = await peers.open(name, { encryption: 'tls' }, { tlsSession });
      const id = nextId();
      const data = writeRawMail('resumed', id);
      const outcome = await again.session.send({ mailFrom, recipients: ['resumed@example.org'], data });
      await again.session.quit();
      expect(outcome.sent).toBe(true);
      const [arrived] = await waitForArrived(peers.get(name), 1, carrying(id));
      expect(arrived && findDifference(arrived, data)).toBeNull();
      note('TLS session taken up again', name, said(again, /^note: TLS session resumed/) ? 'yes' : 'no');
    });

    it('takes what a pool of three connections sends, each message once', async () => {
      const pool = createPool(peers.target(name), { maxConnections: 3, maxMessagesPerConnection: 4 });
      const before = peers.get(name).countAccepted();
      const mails = Array.from({ length: 20 }, (_, index) => {
        const id = nextId();
        const data = index % 5 === 4 ? composeInvoice(`Grüße ${index}`, id) : writeRawMail(`pooled ${index}`, id);
        // A stream of unknown size, cut in the middle of a line end.
        const cut = data.indexOf(13) + 1;
        const stream = (async function* () {
          yield data.subarray(0, cut);
          yield data.subarray(cut);
        })();
        return { id, data, given: index % 5 === 3 ? stream : data };
      });
      const outcomes = await Promise.all(
        mails.map(({ given }) => pool.send({ mailFrom, recipients: ['pooled@example.org'], data: given })),
      );
      await pool.drain();

      expect(outcomes.filter(({ outcome }) => !outcome.sent)).toEqual([]);
      for (const { id, data } of mails) {
        const arrived = await waitForArrived(peers.get(name), 1, carrying(id));
        expect(arrived.map((message) => findDifference(message, data))).toEqual([null]);
      }
      expect(peers.get(name).countAccepted() - before).toBe(mails.length);
    });

    it.each([
      ['as it offers', emptyHabits()],
      ['with DATA', { ...emptyHabits(), hasBrokenChunking: true }],
    ])('takes many messages over one session, %s', async (way, habits) => {
      const watched = await peers.open(name, {}, { habits });
      const mails = Array.from({ length: 12 }, (_, index) => {
        const id = nextId();
        const data = index % 4 === 3 ? composeInvoice(`Grüße ${index}`, id) : writeRawMail(`number ${index}`, id);
        return { id, data, to: `many${index}@example.org` };
      });
      const outcomes = await Promise.all(
        mails.map(({ data, to }) => watched.session.send({ mailFrom, recipients: [to], data })),
      );
      await watched.session.quit();

      expect(outcomes.filter(({ sent }) => !sent)).toEqual([]);
      for (const { id, data, to } of mails) {
        const arrived = await waitForArrived(peers.get(name), 1, carrying(id));
        expect(arrived.map((message) => message.to)).toEqual([to]);
        expect(arrived.map((message) => findDifference(message, data))).toEqual([null]);
      }
      if (way === 'as it offers') noteExtensions(watched, name);
      const isCarried = watched.lines.some((line, index) => isEnvelopeBehindBody(watched.lines, line, index));
      if (habits.hasBrokenChunking) note('next envelope behind the dot', name, isCarried ? 'yes' : 'no');
    });
  });

it.runIf(hasAllPeers)('docs/interop.md says what was seen here', () => {
  const names = herePeers.map(({ name }) => `${name} ${peers.get(name).version}`);
  const known = new Set(herePeers.flatMap(({ mechanisms }) => mechanisms));
  for (const { name, mechanisms } of herePeers) {
    for (const mechanism of known) {
      if (!mechanisms.includes(mechanism)) note(`AUTH ${mechanism}`, name, 'not offered');
      else if (!isOurs(mechanism)) note(`AUTH ${mechanism}`, name, 'offered, not ours');
    }
  }
  const rows = [...matrix].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const cells = (row: Map<string, string>) => herePeers.map(({ name }) => row.get(name) ?? '**failed**').join(' | ');
  const table = [
    `| | ${names.join(' | ')} |`,
    `|---|${'---|'.repeat(names.length)}`,
    ...rows.map(([row, seen]) => `| ${row} | ${cells(seen)} |`),
  ].join('\n');
  expectPart('docs/interop.md', 'features', `${table}\n`, names);
});

const order = [
  /^STARTTLS/,
  /^TLS/,
  /^AUTH/,
  /^wrong/,
  /^PIPELINING/,
  /^next/,
  /^CHUNKING/,
  /^SIZE/,
  /^8BITMIME/,
  /^SMTPUTF8/,
];
function rank(row: string): number {
  const at = order.findIndex((pattern) => pattern.test(row));
  return at < 0 ? order.length : at;
}

/** What this session has used of what the server offers; a used extension stays used. */
function noteExtensions(watched: WatchedSession, name: string): void {
  const uses: [keyword: string, pattern: RegExp][] = [
    ['SIZE', /^client: MAIL .* SIZE=\d/],
    ['8BITMIME', /^client: MAIL .* BODY=8BITMIME/],
    ['CHUNKING', /^client: BDAT [1-9]/],
  ];
  for (const [keyword, pattern] of uses) noteUse(watched, name, keyword, said(watched, pattern));
  const isFlight = watched.lines.some(
    (line, index) => line.startsWith('client: MAIL') && watched.lines[index + 1]?.startsWith('client: RCPT'),
  );
  noteUse(watched, name, 'PIPELINING', isFlight);
}

function noteUse(watched: WatchedSession, name: string, keyword: string, isUsed: boolean): void {
  const known = matrix.get(keyword)?.get(name);
  const seen = offers(watched, keyword) ? (isUsed ? 'yes' : 'offered, not used') : 'not offered';
  if (known !== 'yes') note(keyword, name, seen);
}

function isEnvelopeBehindBody(lines: string[], line: string, index: number): boolean {
  return line.startsWith('note: message,') && (lines[index + 1]?.startsWith('client: MAIL') ?? false);
}

async function expectInvoice(bytes: Buffer | undefined, subject: string): Promise<void> {
  const mail = await PostalMime.parse(bytes ?? '');
  expect(mail.subject).toBe(subject);
  expect(mail.from).toMatchObject(sender);
  expect(mail.text?.replaceAll('\r\n', '\n').trimEnd()).toBe(text.trimEnd());
  expect(mail.attachments[0]?.filename).toBe(attachmentName);
  expect(new Uint8Array(mail.attachments[0]?.content as ArrayBuffer)).toEqual(attachment);
}
