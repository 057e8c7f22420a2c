/**
 * Somebody sits between our session and a real mail server: takes STARTTLS away, answers in its place, adds replies, shows a
 * certificate of its own. Each time nothing secret reaches that person, and no message goes out.
 */
import { describe, expect, it } from 'vitest';
import type { SmtpTarget } from '../server/smtp/target.ts';
import { writeRawMail } from './interop-mail.ts';
import { peerStarts } from './support/mail-peers.ts';
import { type Meddling, startMeddler } from './support/meddler.ts';
import { startPeers } from './support/started-peers.ts';

const peers = startPeers();

interface Interception {
  what: string;
  meddling: Meddling;
  changes?: Partial<SmtpTarget>;
  /** Of the failure. */
  kind: string | RegExp;
}

const withoutStarttls = (said: string) =>
  said.replace(/^250-STARTTLS\r\n/m, '').replace(/^250-([^\r]*)\r\n250 STARTTLS\r\n/m, '250 $1\r\n');
const addAuth = (said: string) =>
  withoutStarttls(said).replace(/^250 (?=[^\r]*\r\n$)/m, '250-AUTH PLAIN LOGIN\r\n250 ');
const onlyAfterStarttls = (instead: string) => (said: string) => (/^220 (?!.*ESMTP)/.test(said) ? instead : said);

const interceptions: Interception[] = [
  { what: 'STARTTLS is taken away', meddling: { change: withoutStarttls }, kind: 'starttls-not-offered' },
  {
    what: 'STARTTLS is taken away and AUTH offered, with encryption Automatic',
    meddling: { change: addAuth },
    changes: { encryption: 'automatic' },
    kind: 'auth-needs-tls',
  },
  {
    what: 'STARTTLS is refused in the server’s place',
    meddling: { change: onlyAfterStarttls('454 4.7.0 TLS not available\r\n') },
    kind: 'refused',
  },
  {
    what: 'STARTTLS is refused in the server’s place, with encryption Automatic',
    meddling: { change: onlyAfterStarttls('454 4.7.0 TLS not available\r\n') },
    changes: { encryption: 'automatic' },
    kind: /^(refused|auth-needs-tls)$/,
  },
  {
    what: 'another certificate is shown after STARTTLS',
    meddling: { impersonate: { from: 'starttls', leaf: 'untrusted' } },
    kind: 'certificate-untrusted',
  },
  {
    what: 'another certificate is shown to TLS from the start',
    meddling: { impersonate: { from: 'start', leaf: 'self-signed' } },
    changes: { encryption: 'tls' },
    kind: 'certificate-self-signed',
  },
];

for (const { name, isHere } of peerStarts)
  describe.runIf(isHere)(`on the line to ${name}`, () => {
    const secretsOf = () => {
      const { username, password } = peers.get(name);
      const base64 = (text: string) => Buffer.from(text).toString('base64');
      return [
        password,
        username,
        base64(password),
        base64(username),
        base64(`\0${username}\0${password}`),
        'AUTH',
        'MAIL',
      ];
    };

    it.each(interceptions)('nothing secret is said when $what', async ({ meddling, changes, kind }) => {
      const encryption = changes?.encryption === 'tls' ? 'tls' : 'starttls';
      const { port } = peers.target(name, { encryption });
      await using meddler = await startMeddler(port, meddling);
      const accepted = peers.get(name).countAccepted();

      const opened = await peers.tryOpen(name, { ...changes, port: meddler.port });

      expect(opened.ok).toBe(false);
      if (!opened.ok) expect(opened.failure).toMatchObject({ scope: 'session', kind: expect.stringMatching(kind) });
      const heard = meddler.readHeard();
      expect(secretsOf().filter((secret) => heard.includes(secret))).toEqual([]);
      expect(peers.get(name).countAccepted()).toBe(accepted);
    });

    it('replies added in the clear behind the answer to STARTTLS count for nothing', async () => {
      const forged = '250-mail.postern.test\r\n250-SIZE 7\r\n250 FORGED\r\n235 2.7.0 signed in\r\n';
      const change = (said: string) => (/^220 (?!.*ESMTP)/.test(said) ? said + forged : said);
      await using meddler = await startMeddler(peers.target(name).port, { change });

      const opened = await peers.tryOpen(name, { port: meddler.port });

      // To go on without them is as good as to stop; what may not be is to believe them.
      if (opened.ok) {
        expect(opened.session.facts.capabilities).not.toContain('FORGED');
        const data = writeRawMail('after forged replies', '<forged.interop@example.com>');
        const sent = await opened.session.send({ mailFrom: 'a@example.com', recipients: ['b@example.org'], data });
        expect(sent.sent).toBe(true);
        await opened.session.quit();
      } else {
        expect(opened.failure.phase).toMatch(/^(starttls|tls)$/);
      }
      const heard = meddler.readHeard();
      expect(secretsOf().filter((secret) => heard.includes(secret))).toEqual([]);
    });

    it('the same line without meddling carries a message', async () => {
      await using meddler = await startMeddler(peers.target(name).port, {});
      const { session } = await peers.open(name, { port: meddler.port });
      const data = writeRawMail('through the line', '<line.interop@example.com>');
      expect(await session.send({ mailFrom: 'a@example.com', recipients: ['b@example.org'], data })).toMatchObject({
        sent: true,
      });
      await session.quit();
      expect(meddler.readHeard()).toMatch(/^EHLO .*\r\nSTARTTLS\r\n/);
    });
  });
