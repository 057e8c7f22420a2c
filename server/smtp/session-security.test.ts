/** STARTTLS and AUTH against scripted servers: nothing secret leaves before its time, and none is ever shown. */
import { afterEach, describe, expect, it } from 'vitest';
import { loopbackTarget, startFakeSmarthost } from '../../test/fake-smarthost.ts';
import { closeServers, runSession as run, servers } from '../../test/run-session.ts';
import { tlsLab } from '../../test/tls-lab.ts';
import { openSession } from './session.client.ts';

afterEach(closeServers);

const lab = tlsLab();
const ca = { check: 'ca', pem: lab.ca } as const;
const credentials = { username: 'user', password: 'Canary-pw-99' };

const startsAndStops = { EHLO: '250-fake.test\n250 STARTTLS', STARTTLS: '220 go' };

describe('STARTTLS', () => {
  const starttls = { encryption: 'starttls', certificate: ca, credentials } as const;
  const tls = { mode: 'starttls', ...lab.leaf('valid') } as const;

  it('not offered: no sign-in and no mail', async () => {
    const { failure, lines, wire } = await run({ login: credentials }, starttls);
    expect(failure).toMatchObject({ kind: 'starttls-not-offered', phase: 'starttls' });
    expect(lines).toEqual(['EHLO client.test']);
    expect(wire).not.toContain('AUTH');
  });

  it('offered before and gone now: no mail in plain text, where encryption is not required', async () => {
    const noted: unknown[] = [];
    const open = { encryption: 'automatic', credentials: null } as const;
    const met = async (hadStarttls: boolean, script = {}) =>
      run(script, { ...open, memory: { hadStarttls: () => hadStarttls, note: (offer) => void noted.push(offer) } });
    const { failure, lines } = await met(true);
    expect(failure).toMatchObject({ kind: 'starttls-gone', phase: 'starttls' });
    expect(lines).toEqual(['EHLO client.test']);
    // Of a session that came to nothing, nothing is kept.
    expect(noted).toEqual([]);
    expect((await met(false, { replies: { EHLO: '250-fake.test\n250 SIZE 1000000' } })).outcome?.sent).toBe(true);
    expect(noted).toEqual([{ sizeLimitBytes: 1_000_000, hasStarttls: false }]);
  });

  it('is remembered as offered, also once the line is encrypted', async () => {
    const noted: unknown[] = [];
    const memory = { hadStarttls: () => true, note: (offer: unknown) => void noted.push(offer) };
    const { outcome } = await run({ tls }, { ...starttls, encryption: 'automatic', credentials: null, memory });
    expect([outcome?.sent, noted]).toEqual([true, [{ sizeLimitBytes: 10_000_000, hasStarttls: true }]]);
  });

  it('refused: no sign-in and no mail', async () => {
    for (const encryption of ['starttls', 'automatic'] as const) {
      const { failure, lines } = await run(
        { tls, login: credentials, replies: { STARTTLS: '454 4.7.0 not now' } },
        { ...starttls, encryption },
      );
      expect(failure).toMatchObject({ kind: 'refused', phase: 'starttls', reply: { code: 454 } });
      expect(lines).toEqual(['EHLO client.test', 'STARTTLS']);
    }
  });

  it.each([
    ['a whole reply', '220 go\r\n250-fake.test\r\n250 AUTH PLAIN\r\n'],
    ['the beginning of one', '220 go\r\n250-fa'],
    ['one byte', '220 go\r\n2'],
  ])('injected bytes behind its reply end the session: %s', async (_, raw) => {
    const { failure, lines } = await run({ tls, replies: { STARTTLS: { raw } } }, starttls);
    expect(failure).toMatchObject({ kind: 'desync', phase: 'starttls' });
    expect(lines.join()).not.toContain('AUTH');
  });

  it('ends while the handshake stands still: by its time-out, and when it is cancelled', async () => {
    const late = await run(
      { replies: startsAndStops },
      { ...starttls, timeouts: { ...loopbackTarget(0).timeouts, tls: 150 } },
    );
    expect(late.failure).toMatchObject({ kind: 'tls-handshake-timeout', phase: 'tls' });
    const cancel = new AbortController();
    const server = await startFakeSmarthost({ replies: startsAndStops });
    servers.push(server);
    const onPhase = (phase: string) => void (phase === 'tls' && setImmediate(() => cancel.abort()));
    const opened = await openSession(loopbackTarget(server.port, starttls), {
      signal: cancel.signal,
      observer: { onPhase },
    });
    expect(opened).toMatchObject({ ok: false, failure: { kind: 'cancelled', phase: 'tls' } });
    await expect.poll(() => server.connections[0]?.isClosed).toBe(true);
  });

  it('forgets what was said before it', async () => {
    const replies = {
      EHLO: ['250-fake.test\n250-SIZE 10\n250-AUTH PLAIN\n250 STARTTLS', '250-fake.test\n250-AUTH LOGIN\n250 HELP'],
    };
    const { outcome, facts, lines } = await run({ tls, login: credentials, replies }, starttls);
    expect(outcome).toMatchObject({ sent: true });
    expect(facts).toMatchObject({
      capabilities: ['AUTH LOGIN', 'HELP'],
      sizeLimitBytes: null,
      authMethod: 'LOGIN',
      encryption: 'starttls',
    });
    expect(lines.filter((line) => line.startsWith('EHLO'))).toHaveLength(2);
  });

  it('leaves nothing secret on the wire', async () => {
    const { wire, outcome } = await run({ tls, login: credentials }, starttls);
    expect(outcome).toMatchObject({ sent: true });
    expect(wire.split('\r\n').slice(0, 2)).toEqual(['EHLO client.test', 'STARTTLS']);
    expect(wire).not.toMatch(/Canary|AUTH|MAIL FROM|Subject/);
  });

  it('automatic goes on in plain where it is not offered, but without the password', async () => {
    const without = await run({}, { encryption: 'automatic' });
    expect(without.outcome).toMatchObject({ sent: true });
    expect(without.facts.encryption).toBe('none');
    const withPassword = await run({ login: credentials }, { encryption: 'automatic', credentials });
    expect(withPassword.failure).toMatchObject({ kind: 'auth-needs-tls', phase: 'auth' });
    expect(withPassword.lines).toEqual(['EHLO client.test']);
  });
});

describe('AUTH', () => {
  const plain = { encryption: 'none', credentials } as const;

  it.each(['plain', 'login', 'cram-md5'] as const)(
    'signs in by %s where the connection was chosen to be plain',
    async (authMethod) => {
      const { outcome, facts } = await run({ login: credentials }, { ...plain, authMethod });
      expect(outcome).toMatchObject({ sent: true });
      expect(facts.authMethod).toBe(authMethod.toUpperCase());
    },
  );

  it('sends a very long secret as the answer to an empty challenge', async () => {
    const long = { username: 'user', password: 'p'.repeat(600) };
    const { outcome, lines } = await run({ login: long }, { ...plain, credentials: long, authMethod: 'plain' });
    expect(outcome).toMatchObject({ sent: true });
    expect(lines).toContain('AUTH PLAIN');
  });

  it('is not offered, or not by a method we have or want', async () => {
    expect((await run({}, plain)).failure).toMatchObject({ kind: 'auth-not-offered', phase: 'auth' });
    const other = await run({ capabilities: ['AUTH GSSAPI XOAUTH2'] }, plain);
    expect(other.failure).toMatchObject({
      kind: 'auth-method-not-offered',
      detail: 'the server offers GSSAPI, XOAUTH2',
    });
    const unwanted = await run({ capabilities: ['AUTH PLAIN'] }, { ...plain, authMethod: 'cram-md5' });
    expect(unwanted.failure).toMatchObject({ kind: 'auth-method-not-offered' });
  });

  it.each([
    ['535: no other method', '535 5.7.8 wrong', ['AUTH CRAM-MD5']],
    ['454: no other method', '454 4.7.0 later', ['AUTH CRAM-MD5']],
    ['504: the next method', '504 5.5.4 not that one', ['AUTH CRAM-MD5', 'AUTH PLAIN', 'AUTH LOGIN']],
  ])('after %s', async (_, reply, tried) => {
    const { failure, lines } = await run({ login: credentials, replies: { AUTH: reply } }, plain);
    expect(failure).toMatchObject({ kind: 'refused', phase: 'auth' });
    expect(
      lines.filter((line) => line.startsWith('AUTH')).map((line) => line.split(' ').slice(0, 2).join(' ')),
    ).toEqual(tried);
  });

  it('after 534 to PLAIN it shows the password by no other method', async () => {
    const capabilities = ['AUTH PLAIN LOGIN'];
    const { lines } = await run({ capabilities, replies: { AUTH: '534 5.7.9 too weak' } }, plain);
    expect(lines.filter((line) => line.startsWith('AUTH'))).toHaveLength(1);
  });

  it('cancels an exchange that makes no sense', async () => {
    const { failure, lines } = await run(
      { login: credentials, replies: { AUTH: '334 ???' } },
      { ...plain, authMethod: 'cram-md5' },
    );
    expect(failure).toMatchObject({ kind: 'desync', phase: 'auth' });
    expect(lines.at(-1)).toBe('*');
    const endless = await run({ login: credentials, replies: { auth: '334 more' } }, { ...plain, authMethod: 'login' });
    expect(endless.failure).toMatchObject({ phase: 'auth' });
    expect(endless.lines.slice(-2)).toEqual([Buffer.from(credentials.password).toString('base64'), '*']);
  });

  it('shows no secret, not even where the server repeats it', async () => {
    for (const authMethod of ['plain', 'login', 'cram-md5'] as const) {
      const echo = (line: string) =>
        /^AUTH|^[A-Za-z0-9+/=]+$/.test(line) ? `535 5.7.8 you said ${line} with ${credentials.password}` : '500 ?';
      const replies =
        authMethod === 'plain'
          ? { AUTH: echo }
          : { auth: (line: string) => (line.length < 10 ? '334 more' : echo(line)) };
      const { failure, shown, lines } = await run({ login: credentials, replies }, { ...plain, authMethod });
      expect(failure).toMatchObject({ kind: 'refused', reply: { code: 535 } });
      const secretLine = lines.at(-1)?.replace(/^AUTH PLAIN /, '') ?? '';
      expect(secretLine.length).toBeGreaterThan(10);
      const told = JSON.stringify([failure, shown]);
      expect(told).not.toContain(credentials.password);
      expect(told).not.toContain(secretLine);
      expect(told).toMatch(/you said (AUTH PLAIN )?\*{8} with \*{8}/);
    }
  });
});
