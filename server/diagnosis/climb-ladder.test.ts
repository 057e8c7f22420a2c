import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import {
  climb,
  closedPort,
  closeServers,
  expectRepair,
  expectStop,
  keep,
  lab,
  listen,
  login,
  on,
  password,
  plainSmarthost,
  smarthost,
  statuses,
  timeouts,
} from '../../test/climb-settings.ts';
import { startSilentPort } from '../../test/silent-port.ts';

afterEach(closeServers);

describe('a test that passes', () => {
  it('climbs all eight rungs with STARTTLS and sign-in, and says what it found', async () => {
    const server = await smarthost();
    const { result, rungs } = await climb({ port: server.port });
    expect(result.failure).toBeNull();
    expect(statuses(result)).toBe('ok ok ok ok ok ok ok ok');
    const [dns, tcp, tls, ehlo, auth, mail, rcpt, data] = result.steps;
    expect(dns?.detail).toBe('127.0.0.1');
    expect(tcp?.detail).toBe(`connected to 127.0.0.1:${server.port}`);
    expect(tls?.detail).toMatch(/^TLSv1\.3, TLS_\w+; certificate for localhost by Postern test CA, (59|60) days left$/);
    expect(ehlo?.detail).toBe('fake.test offers AUTH PLAIN LOGIN CRAM-MD5, SIZE 10 MB');
    expect(ehlo?.reply.split('\n')).toEqual([
      '250-fake.test',
      '250-SIZE 10000000',
      '250-8BITMIME',
      '250 AUTH PLAIN LOGIN CRAM-MD5',
    ]);
    expect(auth).toMatchObject({ detail: 'signed in as billing@example.com by PLAIN', reply: '235 2.7.0 welcome' });
    expect(mail?.reply).toBe('250 2.1.0 sender ok');
    expect(rcpt?.reply).toBe('250 2.1.5 recipient ok');
    expect(data?.reply).toBe('250 2.0.0 queued as FAKE1');
    for (const rung of result.steps) expect(rung.ms, rung.step).toBeGreaterThanOrEqual(0);
    expect(result).toMatchObject({ to: 'anna@example.net', messageId: '<test@example.com>', probes: [] });
    expect(result.connection).toMatchObject({
      address: `127.0.0.1:${server.port}`,
      encryption: 'starttls',
      sizeLimitBytes: 10_000_000,
    });
    expect(result.connection.certificates[0]?.fingerprint).toBe(lab.leaf('valid').fingerprint);
    expect(server.connections[0]?.messages).toHaveLength(1);
    expect(server.connections).toHaveLength(1);
    // Live: no rung is green before it is done, and EHLO waits for TLS.
    const live = rungs.map((rung) => `${rung.step} ${rung.status}`);
    expect(live.filter((event) => event.startsWith('ehlo'))).toEqual(['ehlo running', 'ehlo running', 'ehlo ok']);
    expect(live.indexOf('tls ok')).toBeLessThan(live.indexOf('ehlo ok'));
    expect(live.at(-1)).toBe('data ok');
  });

  it('climbs with TLS from the start', async () => {
    const server = await smarthost({ tls: { mode: 'implicit', ...lab.leaf('valid') } });
    const { result } = await climb({ port: server.port, starttlsOnly: false, security: 'tls' });
    expect(statuses(result)).toBe('ok ok ok ok ok ok ok ok');
    expect(result.connection.encryption).toBe('tls');
  });

  it('says what Automatic came to', async () => {
    const server = await smarthost();
    const { result } = await climb({ port: server.port, starttlsOnly: false });
    expect(result.steps[2]?.detail).toMatch(/^TLSv1\.3, .*; Automatic used STARTTLS$/);
  });

  it('skips TLS and sign-in where there is none, and says so', async () => {
    const server = await plainSmarthost();
    const { result } = await climb({ port: server.port, starttlsOnly: false, username: '' });
    expect(statuses(result)).toBe('ok ok skipped ok skipped ok ok ok');
    expect(result.steps[2]?.detail).toBe('not encrypted: the server offers no STARTTLS, and Security is Automatic');
    expect(result.steps[4]?.detail).toBe('no sign-in: the user name is empty');
  });

  it('warns of a certificate that ends within 14 days of the pinned expired one', async () => {
    const server = await smarthost({ tls: { mode: 'starttls', ...lab.leaf('expired') } });
    const { result } = await climb({
      port: server.port,
      certificateCheck: 'fingerprint',
      certificateFingerprint: lab.leaf('expired').fingerprint,
    });
    expect(result.ok).toBe(true);
    expect(result.warnings).toEqual([expect.stringMatching(/^The certificate ended on .* trust exactly this one\.$/)]);
  });
});

describe('a test that stops', () => {
  it('at DNS, when the host is unknown', async () => {
    const { result } = await climb({ host: 'no-such-host.invalid', port: 587 });
    expectStop(result, 'dns', 'dns-not-found', 'There is no server named no-such-host.invalid.');
    expect(result.failure?.repairs).toEqual([]);
    expect(result.probes).toEqual([]);
  });

  it('at TCP, when the port is closed; the port that works is one press away', async () => {
    const [starttls, tls] = [await smarthost(), await smarthost({ tls: { mode: 'implicit', ...lab.leaf('valid') } })];
    const otherPorts = [starttls.port, tls.port];
    const stopped = await climb({ port: await closedPort() }, { otherPorts });
    expectStop(
      stopped.result,
      'tcp',
      'connection-refused',
      `127.0.0.1 refuses connections on port ${stopped.fields.port}.`,
    );
    expect(stopped.result.probes.map((probe) => probe.result)).toEqual(['refused', 'starttls', 'tls']);
    expect(stopped.result.failure?.explanation).toContain(`${starttls.port}: STARTTLS`);
    await expectRepair(stopped, `Use port ${starttls.port} with STARTTLS`);
    await expectRepair(stopped, `Use port ${tls.port} with TLS from the start`);
  });

  it('at TCP, when the port is silent', async () => {
    const silent = keep(await startSilentPort());
    const server = await smarthost();
    const stopped = await climb({ port: silent.port }, { otherPorts: [server.port] });
    expectStop(stopped.result, 'tcp', 'connection-timeout', /did not answer on port/);
    expect(stopped.result.probes.map((probe) => probe.result)).toEqual(['silent', 'starttls']);
    await expectRepair(stopped, `Use port ${server.port} with STARTTLS`);
  });

  for (const [how, changes] of [
    ['STARTTLS Only', { starttlsOnly: true }],
    ['Automatic', { starttlsOnly: false }],
    ['None', { starttlsOnly: false, security: 'none' }],
  ] as const) {
    it(`at TLS, when a TLS port is spoken to in plain text (${how}), without waiting for the greeting`, async () => {
      const server = await smarthost({ tls: { mode: 'implicit', ...lab.leaf('valid') } });
      const stopped = await climb({ port: server.port, ...changes });
      expectStop(stopped.result, 'tls', 'tls-expected', `Port ${server.port} of 127.0.0.1 speaks TLS from the start`);
      expect(stopped.result.ms).toBeLessThan(timeouts.greeting);
      await expectRepair(stopped, 'Use TLS from the start');
    });
  }

  it('at TLS, when a STARTTLS port is spoken to in TLS', async () => {
    const server = await smarthost();
    const stopped = await climb({ port: server.port, starttlsOnly: false, security: 'tls' });
    expectStop(stopped.result, 'tls', 'tls-not-spoken', 'does not speak TLS from the start');
    await expectRepair(stopped, `Use STARTTLS on port ${server.port}`);
  });

  it('at TLS, when a plain port is spoken to in TLS; sending unencrypted says so in its label', async () => {
    const server = await plainSmarthost();
    const stopped = await climb({ port: server.port, starttlsOnly: false, security: 'tls' });
    expectStop(stopped.result, 'tls', 'tls-not-spoken', 'does not speak TLS from the start');
    await expectRepair(stopped, 'Send without encryption (anyone on the way can read the mail and the password)');
  });

  it('at TLS, when a server that greets late is spoken to in TLS', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const server = await smarthost({ replies: { greeting: [{ after: promise, say: '220 late' }, '220 late'] } });
    const stopped = await climb({ port: server.port, starttlsOnly: false, security: 'tls' });
    resolve();
    expectStop(stopped.result, 'tls', 'tls-not-spoken', 'does not speak TLS from the start');
  });

  it('at TLS, when no STARTTLS is offered; neither password nor message was sent', async () => {
    const server = await plainSmarthost();
    const stopped = await climb({ port: server.port });
    expectStop(stopped.result, 'tls', 'starttls-not-offered', 'does not offer STARTTLS');
    expect(stopped.result.steps[2]?.reply).toMatch(/^250.AUTH PLAIN/m);
    expect(server.connections[0]?.lines).toEqual(['EHLO postern.example.com']);
    await expectRepair(stopped, 'Send without encryption');
  });

  it('at TLS, when no STARTTLS is offered but another port has TLS: then nothing unencrypted is proposed', async () => {
    const [server, better] = [await plainSmarthost(), await smarthost()];
    const stopped = await climb({ port: server.port }, { otherPorts: [better.port] });
    expect(stopped.result.failure?.repairs.map((repair) => repair.label)).toEqual([
      `Use port ${better.port} with STARTTLS`,
    ]);
    await expectRepair(stopped, 'with STARTTLS');
  });

  for (const [kind, code, title] of [
    ['expired', 'certificate-expired', /^The certificate of 127\.0\.0\.1 ended on \d+ \w+ \d{4}\.$/],
    ['not-yet-valid', 'certificate-not-yet-valid', /is valid only from \d+ \w+ \d{4}/],
    ['wrong-name', 'certificate-wrong-name', /is for another name: other\.test\.$/],
    ['self-signed', 'certificate-self-signed', /is self-signed/],
    ['untrusted', 'certificate-untrusted', /was issued by A stranger.*, which this machine does not know/],
  ] as const) {
    it(`at TLS, when the certificate is ${kind}; it can be trusted after it was seen`, async () => {
      const leaf = lab.leaf(kind);
      const server = await smarthost({ tls: { mode: 'starttls', ...leaf } });
      const stopped = await climb({ port: server.port });
      expectStop(stopped.result, 'tls', code, title);
      expect(stopped.result.connection.certificates[0]?.fingerprint).toBe(leaf.fingerprint);
      expect(stopped.result.steps[2]?.detail).toContain('certificate for localhost');
      expect(server.connections[0]?.lines.some((line) => line.startsWith('AUTH'))).toBe(false);
      const short = (leaf.fingerprint.match(/../g) ?? []).slice(0, 4).join(':');
      await expectRepair(stopped, `Trust exactly this certificate (localhost, ${short}…)`);
    });
  }

  it('at TLS, when the pinned certificate was replaced; the label names both', async () => {
    const server = await smarthost();
    const pinned = { certificateCheck: 'fingerprint', certificateFingerprint: 'ab'.repeat(32) } as const;
    const stopped = await climb({ port: server.port, ...pinned });
    expectStop(stopped.result, 'tls', 'certificate-not-pinned', 'shows another certificate');
    await expectRepair(stopped, /^Trust the other certificate .*until now ab:ab:ab:ab…\)$/);
  });

  it('at TLS, when only an older version is spoken than demanded', async () => {
    const tls = { mode: 'starttls', ...lab.leaf('valid'), maxVersion: 'TLSv1.2' } as const;
    const server = await smarthost({ tls });
    const stopped = await climb({ port: server.port, tlsMinimum: '1.3' });
    expectStop(stopped.result, 'tls', 'tls-version-too-old', 'older than TLS 1.3');
    await expectRepair(stopped, 'Accept TLS 1.2 as well');
  });

  it('at AUTH, when the password is wrong', async () => {
    const server = await smarthost({ login: { ...login, password: 'another' } });
    const { result } = await climb({ port: server.port });
    expectStop(
      result,
      'auth',
      'auth-failed',
      'did not accept the user name or the password (user name: billing@example.com).',
    );
    expect(result.steps[4]?.reply).toBe('535 5.7.8 wrong user name or password');
    expect(statuses(result)).toBe('ok ok ok ok failed skipped skipped skipped');
  });

  it('at AUTH, when the server repeats the password in its answer: it is shown nowhere', async () => {
    const server = await smarthost({ replies: { AUTH: `535 5.7.8 bad password ${password} for you` } });
    const { result } = await climb({ port: server.port });
    expectStop(result, 'auth', 'auth-failed', 'did not accept');
    expect(result.steps[4]?.reply).toContain('bad password');
  });

  it('at AUTH, when the user name lacks its domain', async () => {
    const server = await smarthost();
    const stopped = await climb({ port: server.port, username: 'billing' });
    expectStop(stopped.result, 'auth', 'auth-failed', 'did not accept');
    await expectRepair(stopped, 'Use billing@example.com as user name');
  });

  it('at AUTH, when none is offered', async () => {
    const server = await smarthost({ capabilities: ['SIZE 10000000'] });
    const stopped = await climb({ port: server.port });
    expectStop(stopped.result, 'auth', 'auth-not-offered', 'offers no sign-in');
    await expectRepair(stopped, 'Send without sign-in');
  });

  it('at AUTH, when the chosen method is not offered', async () => {
    const server = await smarthost({ capabilities: ['AUTH PLAIN LOGIN'] });
    const stopped = await climb({ port: server.port, authMethod: 'cram-md5' });
    expectStop(stopped.result, 'auth', 'auth-method-not-offered', 'It offers: PLAIN, LOGIN.');
    await expectRepair(stopped, /^Let Postern choose the method \(PLAIN, LOGIN\)$/);
  });

  it('at AUTH, when the line is not encrypted and that was not chosen', async () => {
    const [server, better] = [await plainSmarthost(), await smarthost()];
    const stopped = await climb({ port: server.port, starttlsOnly: false }, { otherPorts: [better.port] });
    expectStop(stopped.result, 'auth', 'auth-needs-tls', 'so neither password nor message was sent');
    expect(server.connections[0]?.lines.join()).not.toContain('AUTH');
    await expectRepair(stopped, `Use port ${better.port} with STARTTLS`);
  });

  it('at AUTH, when there is a user name but no password, or none that can be opened', async () => {
    const server = await smarthost();
    const missing = await climb({ port: server.port }, { password: null });
    expectStop(
      missing.result,
      'auth',
      'password-missing',
      'A user name is set (billing@example.com), but no password.',
    );
    expect(missing.result.failure?.repairs).toEqual([]);
    const locked = await climb({ port: server.port }, { password: null, isPasswordLocked: true });
    expectStop(locked.result, 'auth', 'password-locked', 'cannot be opened');
    expect(server.connections.flatMap((connection) => connection.messages)).toEqual([]);
  });

  for (const [at, step] of [
    ['MAIL', 'mail'],
    ['RCPT', 'rcpt'],
    ['.', 'data'],
  ] as const) {
    it(`at ${step.toUpperCase()}, when the sender is refused there; the account’s own address is accepted`, async () => {
      let sender = '';
      const isOwn = () => sender.includes('owner@example.com');
      const server = await smarthost({
        login: { username: 'owner@example.com', password },
        replies: {
          ...on('MAIL', (line) => {
            sender = line;
            return at !== 'MAIL' || isOwn()
              ? '250 ok'
              : '550 5.7.60 Client does not have permissions to send as this sender';
          }),
          ...on('RCPT', () =>
            at !== 'RCPT' || isOwn() ? '250 ok' : '553 5.7.1 Sender address rejected: not owned by user',
          ),
          '.': () => (at !== '.' || isOwn() ? '250 ok' : '554 Message rejected: Email address is not verified.'),
        },
      });
      const stopped = await climb({ port: server.port, username: 'owner@example.com' });
      expectStop(stopped.result, step, 'sender-refused', 'does not accept mail from billing@example.com');
      await expectRepair(stopped, 'Send as owner@example.com, with replies to billing@example.com');
    });
  }

  it('at RCPT, when relaying is refused', async () => {
    const server = await smarthost({ replies: { RCPT: '554 5.7.1 <anna@example.net>: Relay access denied' } });
    const { result } = await climb({ port: server.port, username: '' });
    expectStop(result, 'rcpt', 'relay-refused', 'does not pass on mail to anna@example.net');
    expect(result.steps[6]?.reply).toBe('554 5.7.1 <anna@example.net>: Relay access denied');
  });

  it('at RCPT, when the recipient is unknown', async () => {
    const server = await smarthost({ replies: { RCPT: '550 5.1.1 <anna@example.net>: no such user' } });
    const { result } = await climb({ port: server.port });
    expectStop(result, 'rcpt', 'recipient-unknown', 'knows no mailbox anna@example.net');
    expect(statuses(result)).toBe('ok ok ok ok ok ok failed skipped');
  });

  it('at EHLO, when the name in it is refused', async () => {
    const server = await smarthost({
      replies: on('EHLO', (line) =>
        line.endsWith('old') ? '550 invalid host name' : '250-fake.test\n250-STARTTLS\n250 AUTH PLAIN',
      ),
    });
    const stopped = await climb({ port: server.port, ehloName: 'old' });
    expectStop(
      stopped.result,
      'ehlo',
      'ehlo-name-refused',
      'did not accept the name by which Postern says hello: old.',
    );
    await expectRepair(stopped, 'Say hello as postern.example.com');
  });

  for (const [what, banner] of [
    ['a web server', 'HTTP/1.1 400 Bad Request'],
    ['a remote login', 'SSH-2.0-OpenSSH_9.2'],
  ] as const) {
    it(`at EHLO, when ${what} answers`, async () => {
      const server = await smarthost({ replies: { greeting: banner } });
      const { result } = await climb({ port: server.port });
      expectStop(result, 'ehlo', 'not-smtp', `is not a mail server but ${what}`);
    });
  }

  it('at EHLO, when a real web server waits for us to begin', async () => {
    const port = await listen(createHttpServer());
    const { result } = await climb({ port });
    expectStop(result, 'ehlo', 'not-smtp', 'is not a mail server');
    expect(result.probes).toEqual([{ port, result: 'not-smtp', ms: expect.any(Number) }]);
  });

  it('when a web server with TLS is taken for a mail server', async () => {
    const { key, cert } = lab.leaf('valid');
    const port = await listen(createHttpsServer({ key, cert }));
    const plain = await climb({ port });
    expectStop(plain.result, 'ehlo', 'not-smtp', 'is not a mail server');
    const implicit = await climb({ port, starttlsOnly: false, security: 'tls' });
    expect(implicit.result.failure?.repairs).toEqual([]);
    expect(implicit.result.steps[3]?.status).toBe('failed');
  });

  it('at EHLO, when the greeting never comes', async () => {
    const server = await smarthost({ replies: { greeting: '' } });
    const { result } = await climb({ port: server.port });
    expectStop(result, 'ehlo', 'greeting-timeout', 'never said a word');
    expect(statuses(result)).toBe('ok ok skipped failed skipped skipped skipped skipped');
  });

  it('at EHLO, when the greeting drips', async () => {
    const server = await smarthost({
      replies: { greeting: { say: '220 fake.test ESMTP, one byte after the other', dripMilliseconds: 150 } },
    });
    const { result } = await climb({ port: server.port });
    expectStop(result, 'ehlo', 'slow-server', 'answers too slowly');
  });

  it('at RCPT, when the server begins to drip there', async () => {
    const server = await smarthost({
      replies: { RCPT: { say: '250 one byte after the other', dripMilliseconds: 150 } },
    });
    const { result } = await climb({ port: server.port });
    expectStop(result, 'rcpt', 'slow-server', 'answers too slowly');
  });

  it('at DATA, when the line breaks after the final dot: uncertain, not sent', async () => {
    const server = await smarthost({ replies: { '.': { end: 'reset' } } });
    const { result } = await climb({ port: server.port });
    expectStop(result, 'data', 'uncertain', 'may or may not have been accepted');
  });

  it('where it stands, when it is cancelled', async () => {
    const controller = new AbortController();
    const server = await smarthost({
      replies: on('MAIL', () => {
        controller.abort();
        return '';
      }),
    });
    const { result } = await climb({ port: server.port }, { signal: controller.signal });
    expectStop(result, 'mail', 'cancelled', 'was cancelled');
    expect(result.probes).toEqual([]);
  });
});
