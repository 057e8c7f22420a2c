/** Our session and composer against Debian's Postfix: what is sent is what lies in the mailbox. */
import PostalMime from 'postal-mime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeMessage } from '../server/mime/compose.ts';
import { openSession } from '../server/smtp/session.client.ts';
import type { SmtpTarget } from '../server/smtp/target.ts';
import { hasPostfix, type Postfix, startPostfix } from './support/postfix.ts';

const timeouts = {
  connect: 5000,
  tls: 5000,
  greeting: 5000,
  reply: 5000,
  dot: 10_000,
  body: 5000,
  deadline: 15_000,
};

const body = [
  'Grüße aus Zürich, 😀',
  '.',
  '..a line that begins with dots',
  'From the start of a line',
  `a long line: ${'0123456789 '.repeat(120)}`,
  '',
].join('\r\n');

const attachment = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 31) % 256);

describe.runIf(hasPostfix)('Postfix', () => {
  let postfix: Postfix;
  let arrived = 0;
  beforeAll(async () => {
    postfix = await startPostfix();
  });
  afterAll(() => postfix?.stop());

  const target = (changes: Partial<SmtpTarget>): SmtpTarget => ({
    host: 'localhost',
    port: postfix.submissionPort,
    encryption: 'starttls',
    certificate: { check: 'ca', pem: postfix.certificatePem },
    tlsMinimum: '1.2',
    credentials: { username: postfix.username, password: postfix.password },
    authMethod: 'automatic',
    ehloName: 'client.postern.test',
    timeouts,
    isAddressAllowed: () => true,
    ...changes,
  });

  const send = async (to: SmtpTarget, subject: string) => {
    const opened = await openSession(to);
    if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
    const data = composeMessage({
      from: { name: 'Müller, Rechnungen', address: 'billing@example.com' },
      to: [{ address: 'contact@example.org' }],
      subject,
      text: body,
      html: '<p>Grüße</p>',
      attachments: [{ filename: 'Rechnung März.bin', contentType: 'application/octet-stream', content: attachment }],
      date: new Date('2026-11-22T10:00:00Z'),
      messageId: `<${subject.length}.${arrived}@example.com>`,
    });
    const outcome = await opened.session.send({
      mailFrom: 'billing@example.com',
      recipients: ['contact@example.org', 'second@example.org'],
      data,
      sizeBytes: data.length,
    });
    await opened.session.quit();
    return { outcome, facts: opened.session.facts, data };
  };

  const ways: [name: string, changes: () => Partial<SmtpTarget>, encryption: string, method: string][] = [
    ['STARTTLS and AUTH PLAIN', () => ({ authMethod: 'plain' }), 'starttls', 'PLAIN'],
    ['STARTTLS and AUTH LOGIN', () => ({ authMethod: 'login' }), 'starttls', 'LOGIN'],
    ['STARTTLS and AUTH CRAM-MD5', () => ({ authMethod: 'cram-md5' }), 'starttls', 'CRAM-MD5'],
    ['TLS from the start', () => ({ encryption: 'tls', port: postfix.smtpsPort }), 'tls', 'SCRAM-SHA-256'],
  ];
  it.each(ways)('takes a message whole with %s', async (name, changes, encryption, method) => {
    const { outcome, facts, data } = await send(target(changes()), `Grüße mit ${name}`);

    expect(outcome).toMatchObject({ sent: true, reply: { code: 250 } });
    expect(facts).toMatchObject({ encryption, authMethod: method, protocol: expect.stringMatching(/^TLSv1\.[23]$/) });
    arrived += 2;
    const messages = await postfix.waitForMessages(arrived);
    const mine = messages.filter((text) => text.includes(`ESMTPSA`) && text.endsWith(toFile(data)));
    expect(mine.map((text) => /^Delivered-To: (.*)$/m.exec(text)?.[1]).sort()).toEqual([
      'contact@example.org',
      'second@example.org',
    ]);
    const mail = await PostalMime.parse(mine[0] ?? '');
    expect(mail.subject).toBe(`Grüße mit ${name}`);
    expect(mail.from).toMatchObject({ name: 'Müller, Rechnungen', address: 'billing@example.com' });
    expect(mail.text?.replaceAll('\r\n', '\n').trimEnd()).toBe(body.replaceAll('\r\n', '\n').trimEnd());
    expect(mail.attachments[0]?.filename).toBe('Rechnung März.bin');
    expect(new Uint8Array(mail.attachments[0]?.content as ArrayBuffer)).toEqual(attachment);
  });

  it('takes lines that are nothing but dots as they are', async () => {
    const lines = ['Subject: dots', '', '.', '..', '...three', 'end', '.'];
    const data = Buffer.from(`${lines.join('\r\n')}\r\n`);
    const opened = await openSession(target({}));
    if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
    const outcome = await opened.session.send({ mailFrom: 'a@example.com', recipients: ['b@example.org'], data });
    await opened.session.quit();
    expect(outcome).toMatchObject({ sent: true });
    arrived += 1;
    const messages = await postfix.waitForMessages(arrived);
    expect(messages.filter((text) => text.includes('Subject: dots')).map((text) => text.split('\n\n')[1])).toEqual([
      '.\n..\n...three\nend\n.\n',
    ]);
  });

  it('lets nobody in with a wrong password, and takes nothing', async () => {
    const opened = await openSession(target({ credentials: { username: postfix.username, password: 'wrong' } }));
    expect(opened).toMatchObject({
      ok: false,
      failure: { phase: 'auth', kind: 'refused', scope: 'session', reply: { code: 535 } },
    });
    expect((await postfix.waitForMessages(arrived)).length).toBe(arrived);
  });

  it('refuses every recipient of somebody who did not sign in', async () => {
    const { outcome } = await send(target({ credentials: null }), 'nobody');
    expect(outcome).toMatchObject({ sent: false });
    expect(outcome.recipients.map((recipient) => recipient.accepted)).toEqual([false, false]);
    expect((await postfix.waitForMessages(arrived)).length).toBe(arrived);
  });

  it('is not spoken to when its certificate is not trusted', async () => {
    const opened = await openSession(target({ certificate: { check: 'verify' } }));
    expect(opened).toMatchObject({ ok: false, failure: { phase: 'tls', kind: 'certificate-self-signed' } });
  });
});

/** A Maildir file has line ends of the machine. */
const toFile = (data: Uint8Array) => Buffer.from(data).toString('utf8').replaceAll('\r\n', '\n');
