/** The session against real peers: smtp-server, and TLS by OpenSSL with certificates of every kind. */
import { createServer, type Server, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { loopbackTarget, startFakeSmarthost } from '../../test/fake-smarthost.ts';
import { tlsLab } from '../../test/tls-lab.ts';
import type { FailureKind } from './outcome.ts';
import { openSession } from './session.client.ts';
import { emptyFacts, type SmtpTarget } from './target.ts';

const lab = tlsLab();
const ca = { check: 'ca', pem: lab.ca } as const;
const credentials = { username: 'jörg@example.com', password: 'Canary-pässword-77' };
const message = Buffer.from('From: a@example.com\nSubject: hello\n\n.dots\nand the end');
const received = 'From: a@example.com\r\nSubject: hello\r\n\r\n.dots\r\nand the end\r\n';
const mail = { mailFrom: 'a@example.com', recipients: ['b@example.com'], data: message };

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function startReal(options: SMTPServerOptions) {
  const messages: { text: string; session: { tlsOptions: unknown; user: unknown } }[] = [];
  const server = new SMTPServer({
    key: lab.leaf('valid').key,
    cert: lab.leaf('valid').cert,
    onAuth: ({ username, password, method, validatePassword }, _session, done) => {
      const isRight =
        method === 'CRAM-MD5' ? validatePassword(credentials.password) : password === credentials.password;
      done(isRight && username === credentials.username ? null : new Error('no such account'), {
        user: username ?? '',
      });
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        messages.push({ text: Buffer.concat(chunks).toString(), session: session as never });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise<void>((resolve) => server.close(resolve)));
  const address = server.server.address();
  return { messages, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

async function sendOne(target: SmtpTarget) {
  const facts = emptyFacts();
  const opened = await openSession(target, { facts });
  if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
  const outcome = await opened.session.send(mail);
  await opened.session.quit();
  return { facts, outcome };
}

describe('a session with smtp-server', () => {
  it.each([
    ['STARTTLS and AUTH PLAIN', { authMethods: ['PLAIN'] }, { encryption: 'starttls' }, 'PLAIN'],
    ['STARTTLS and AUTH LOGIN', { authMethods: ['LOGIN'] }, { encryption: 'automatic' }, 'LOGIN'],
    [
      'STARTTLS and AUTH CRAM-MD5',
      { authMethods: ['PLAIN', 'CRAM-MD5'] },
      { encryption: 'starttls', authMethod: 'cram-md5' },
      'CRAM-MD5',
    ],
    ['implicit TLS', { secure: true }, { encryption: 'tls' }, 'PLAIN'],
  ] as const)('delivers a message whole with %s', async (_, options, changes, authMethod) => {
    const { port, messages } = await startReal(options as SMTPServerOptions);
    const { facts, outcome } = await sendOne(loopbackTarget(port, { certificate: ca, credentials, ...changes }));
    expect(outcome).toMatchObject({ sent: true, reply: { code: 250 }, recipients: [{ accepted: true }] });
    expect(messages).toMatchObject([{ text: received, session: { user: credentials.username } }]);
    expect(messages[0]?.session.tlsOptions).toBeTruthy();
    expect(facts).toMatchObject({ connectedAddress: '127.0.0.1', authMethod, protocol: 'TLSv1.3' });
    expect(facts.encryption).toBe(changes.encryption === 'tls' ? 'tls' : 'starttls');
    expect(facts.certificates[0]).toMatchObject({
      subject: 'CN=localhost',
      names: ['localhost', 'mail.test', '127.0.0.1'],
    });
  });

  it('delivers in plain where that was chosen, and several messages over one session', async () => {
    const { port, messages } = await startReal({ authOptional: true, hideSTARTTLS: true, allowInsecureAuth: true });
    const opened = await openSession(loopbackTarget(port, { credentials }));
    if (!opened.ok) throw new Error(opened.failure.detail);
    for (let i = 0; i < 3; i++) expect(await opened.session.send(mail)).toMatchObject({ sent: true });
    expect(await opened.session.send({ ...mail, mailFrom: 'nobody' })).toMatchObject({ sent: false });
    expect(await opened.session.send(mail)).toMatchObject({ sent: true });
    await opened.session.quit();
    expect(messages.map(({ text }) => text)).toEqual([received, received, received, received]);
    expect(opened.session.isOpen).toBe(false);
    expect(await opened.session.send(mail)).toMatchObject({ sent: false, failure: { scope: 'session' } });
  });

  it('streams a message of several megabytes from a source', async () => {
    const { port, messages } = await startReal({ authOptional: true });
    const line = `${'0123456789'.repeat(7)}\r\n`;
    async function* blocks() {
      for (let i = 0; i < 300; i++) yield Buffer.from(line.repeat(150));
    }
    const opened = await openSession(loopbackTarget(port));
    if (!opened.ok) throw new Error(opened.failure.detail);
    const outcome = await opened.session.send({ ...mail, data: blocks(), sizeBytes: line.length * 150 * 300 });
    expect(outcome).toMatchObject({ sent: true });
    expect(messages[0]?.text).toBe(line.repeat(150 * 300));
    await opened.session.quit();
  });

  it('reports a wrong password once, and asks no second time', async () => {
    const { port } = await startReal({ authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5'] });
    const lines: string[] = [];
    const wrong = { ...credentials, password: 'Wrong-Canary-1' };
    const opened = await openSession(
      loopbackTarget(port, { encryption: 'starttls', certificate: ca, credentials: wrong }),
      {
        observer: { onLine: (from, text) => void lines.push(`${from} ${text}`) },
      },
    );
    expect(opened).toMatchObject({ ok: false, failure: { phase: 'auth', kind: 'refused', reply: { code: 535 } } });
    expect(lines.filter((line) => line.startsWith('client AUTH'))).toEqual(['client AUTH PLAIN ********']);
    expect(JSON.stringify([lines, opened])).not.toMatch(/Wrong-Canary|V3JvbmctQ2FuYXJ5/);
  });
});

describe('what a session tells', () => {
  it('names each phase in order, and has the facts when it ends', async () => {
    const { port } = await startReal({});
    const facts = emptyFacts();
    const phases: string[] = [];
    const known: Record<string, unknown> = {};
    const opened = await openSession(loopbackTarget(port, { encryption: 'starttls', certificate: ca, credentials }), {
      facts,
      observer: {
        onPhase: (phase, state) => {
          phases.push(`${phase} ${state}`);
          if (state === 'ended') known[phase] = structuredClone(facts);
        },
      },
    });
    if (!opened.ok) throw new Error(opened.failure.detail);
    await opened.session.send(mail);
    await opened.session.quit();
    const order = 'dns connect greeting ehlo starttls tls ehlo auth mail rcpt data body dot quit'.split(' ');
    expect(phases).toEqual(order.flatMap((phase) => [`${phase} started`, `${phase} ended`]));
    expect(known).toMatchObject({
      dns: { addresses: expect.arrayContaining(['127.0.0.1']), connectedAddress: null },
      connect: { connectedAddress: '127.0.0.1', greeting: null },
      greeting: { greeting: { code: 220 }, encryption: null },
      tls: { encryption: 'starttls', protocol: 'TLSv1.3', certificates: [{ subject: 'CN=localhost' }] },
      ehlo: { capabilities: expect.arrayContaining([expect.stringMatching(/^AUTH/)]) },
      auth: { authMethod: 'PLAIN' },
    });
  });

  it('shows the whole chain, leaf first', async () => {
    const { key, cert } = lab.leaf('valid');
    const { port } = await startReal({ authOptional: true, key, cert: cert + lab.ca });
    const { facts } = await sendOne(loopbackTarget(port, { encryption: 'starttls', certificate: ca }));
    expect(facts.certificates.map(({ subject }) => subject)).toEqual(['CN=localhost', 'CN=Postern test CA']);
    expect(facts.certificates[0]?.validTo.getTime()).toBeGreaterThan(Date.now());
  });
});

describe('certificates', () => {
  const open = async (
    kind: Parameters<typeof lab.leaf>[0],
    changes: Partial<SmtpTarget>,
    mode: 'starttls' | 'implicit' = 'starttls',
  ) => {
    const server = await startFakeSmarthost({ tls: { mode, ...lab.leaf(kind) }, login: credentials });
    closers.push(server.close);
    const facts = emptyFacts();
    const encryption = mode === 'implicit' ? 'tls' : 'starttls';
    const opened = await openSession(
      loopbackTarget(server.port, { encryption, certificate: ca, credentials, ...changes }),
      { facts },
    );
    if (opened.ok) await opened.session.quit();
    return { opened, facts, seen: server.connections[0] };
  };

  const cases: [Parameters<typeof lab.leaf>[0], FailureKind][] = [
    ['expired', 'certificate-expired'],
    ['not-yet-valid', 'certificate-not-yet-valid'],
    ['wrong-name', 'certificate-wrong-name'],
    ['self-signed', 'certificate-self-signed'],
    ['untrusted', 'certificate-untrusted'],
  ];
  it.each(cases)('refuses a certificate that is %s, shows it, and says nothing more', async (kind, failure) => {
    for (const mode of ['starttls', 'implicit'] as const) {
      const { opened, facts, seen } = await open(kind, {}, mode);
      expect(opened).toMatchObject({ ok: false, failure: { scope: 'session', phase: 'tls', kind: failure } });
      expect(facts.certificates[0]?.fingerprint).toBe(lab.leaf(kind).fingerprint);
      expect(facts.protocol).toBe('TLSv1.3');
      expect(seen?.lines).toEqual(mode === 'starttls' ? ['EHLO client.test', 'STARTTLS'] : []);
    }
  });

  it.each(['expired', 'wrong-name', 'self-signed', 'untrusted'] as const)(
    'takes one that is %s when it is pinned',
    async (kind) => {
      const { opened } = await open(kind, {
        certificate: { check: 'fingerprint', sha256: lab.leaf(kind).fingerprint },
      });
      expect(opened.ok).toBe(true);
    },
  );

  it('refuses a valid one when another is pinned', async () => {
    const { opened, seen } = await open('valid', {
      certificate: { check: 'fingerprint', sha256: lab.leaf('expired').fingerprint },
    });
    expect(opened).toMatchObject({ ok: false, failure: { kind: 'certificate-not-pinned' } });
    expect(seen?.lines).not.toContainEqual(expect.stringMatching(/^AUTH/));
  });

  it('does not trust an unknown authority by default, and keeps the chain', async () => {
    const { opened, facts } = await open('valid', { certificate: { check: 'verify' } });
    expect(opened).toMatchObject({ ok: false, failure: { kind: 'certificate-untrusted' } });
    expect(facts.certificates[0]).toMatchObject({ subject: 'CN=localhost', issuer: 'CN=Postern test CA' });
  });

  it('refuses settings whose CA certificate is none', async () => {
    const { opened } = await open('valid', { certificate: { check: 'ca', pem: 'nonsense' } });
    expect(opened).toMatchObject({ ok: false, failure: { kind: 'invalid-input', phase: 'tls' } });
  });

  it('names the host to TLS, but never an address', async () => {
    expect((await open('valid', { host: 'localhost' })).seen?.servername).toBe('localhost');
    const byAddress = await open('valid', { host: '127.0.0.1' });
    expect(byAddress.opened.ok).toBe(true);
    expect(byAddress.seen?.servername).toBeFalsy();
  });

  it('refuses TLS that is older than the minimum', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    for (const [versions, tlsMinimum] of [
      [old, '1.2'],
      [{ maxVersion: 'TLSv1.2' }, '1.3'],
    ] as const) {
      const server = await startFakeSmarthost({ tls: { mode: 'starttls', ...lab.leaf('valid'), ...versions } });
      closers.push(server.close);
      const opened = await openSession(
        loopbackTarget(server.port, { encryption: 'starttls', certificate: ca, tlsMinimum }),
      );
      expect(opened).toMatchObject({ ok: false, failure: { phase: 'tls', kind: 'tls-version-too-old' } });
    }
  });
});

describe('TLS that is not there', () => {
  it('says that a plain server does not speak TLS', async () => {
    const server = await startFakeSmarthost();
    closers.push(server.close);
    const opened = await openSession(loopbackTarget(server.port, { encryption: 'tls' }));
    expect(opened).toMatchObject({ ok: false, failure: { phase: 'tls', kind: 'tls-not-spoken' } });
  });

  it('ends a handshake that never comes', async () => {
    const server: Server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const { port } = server.address() as { port: number };
    const target = loopbackTarget(port, { encryption: 'tls' });
    const opened = await openSession({ ...target, timeouts: { ...target.timeouts, tls: 150 } });
    expect(opened).toMatchObject({ ok: false, failure: { phase: 'tls', kind: 'tls-handshake-timeout' } });
  });

  it('knows a port that waits for TLS, and waits no longer for one that is silent', async () => {
    const meet = async (port: number) => {
      const target = loopbackTarget(port, { encryption: 'automatic' });
      const opened = await openSession({ ...target, timeouts: { ...target.timeouts, greeting: 200 } });
      return opened.ok ? null : opened.failure;
    };
    const server = await startFakeSmarthost({ tls: { mode: 'implicit', ...lab.leaf('valid') } });
    closers.push(server.close);
    expect(await meet(server.port)).toMatchObject({ phase: 'greeting', kind: 'not-smtp', detail: 'TLS' });
    // One that says nothing, one that hangs up on what it does not understand, and one that greets too late.
    const answers = [() => {}, (socket: Socket) => socket.end(), (socket: Socket) => socket.write('220 late\r\n')];
    for (const answer of answers) {
      const silent: Server = createServer((socket) => socket.once('data', () => answer(socket)));
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      closers.push(() => silent.close());
      const detail = 'no complete reply within 0.2 s; 0 bytes had come';
      const failure = await meet((silent.address() as { port: number }).port);
      expect(failure).toMatchObject({ phase: 'greeting', kind: 'reply-timeout', detail });
    }
  });
});
