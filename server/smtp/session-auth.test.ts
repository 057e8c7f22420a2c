/** Signing in with what a TLS server of the test's own checks: SCRAM, bound to the connection, tokens, client certificates. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { createServer, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { loopbackTarget, type SmarthostScript } from '../../test/fake-smarthost.ts';
import { closeServers, runSession } from '../../test/run-session.ts';
import { tlsLab } from '../../test/tls-lab.ts';
import { openSession } from './session.client.ts';
import { emptyFacts, type SmtpTarget } from './target.ts';

const lab = tlsLab();
const password = 'Canary-pàss-4711';
const credentials = { username: 'us=er,1', password };
const ca = { check: 'ca', pem: lab.ca } as const;
const open: { close(): void }[] = [];
afterEach(async () => {
  await closeServers();
  for (const server of open.splice(0)) server.close();
});

const encode = (text: string) => Buffer.from(text).toString('base64');
const decode = (text: string) => Buffer.from(text, 'base64').toString();

/** The server's side of RFC 5802, written from the RFC for this test. */
function createScramServer(own: string, binding: Buffer | null) {
  const salt = randomBytes(12);
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const salted = pbkdf2Sync(own, salt, 4096, 32, 'sha256');
  let bare = '';
  let first = '';
  return (line: string): string => {
    if (line === '') return '235 2.7.0 welcome';
    const text = decode(line);
    if (first === '') {
      const [, header = '', rest = ''] = /^([nyp][^,]*,,)(.*)$/.exec(text) ?? [];
      if (header.startsWith('p=') !== (binding !== null)) return '535 5.7.8 wrong binding';
      bare = rest;
      first = `r=${/,r=(.*)$/.exec(rest)?.[1]}${randomBytes(6).toString('base64')},s=${salt.toString('base64')},i=4096`;
      return `334 ${encode(first)}`;
    }
    const [, withoutProof = '', proof = ''] = /^(.*),p=(.*)$/.exec(text) ?? [];
    const bound = Buffer.from(/c=([^,]*)/.exec(withoutProof)?.[1] ?? '', 'base64');
    if (binding !== null && !bound.equals(Buffer.concat([Buffer.from('p=tls-exporter,,'), binding])))
      return '535 5.7.8 another connection';
    const signed = `${bare},${first},${withoutProof}`;
    const stored = createHash('sha256').update(hmac(salted, 'Client Key')).digest();
    const signature = hmac(stored, signed);
    const key = Buffer.from(Buffer.from(proof, 'base64').map((byte, place) => byte ^ (signature[place] as number)));
    if (!createHash('sha256').update(key).digest().equals(stored)) return '535 5.7.8 wrong password';
    return `334 ${encode(`v=${hmac(hmac(salted, 'Server Key'), signed).toString('base64')}`)}`;
  };
}

/** TLS from the first byte; knows EHLO and AUTH. */
async function startTlsServer(offered: string, own: string, options: object = {}) {
  const lines: string[] = [];
  const server = createServer({ ...lab.leaf('valid'), ...options }, (socket: TLSSocket) => {
    socket.on('error', () => {}).write('220 tls.test ESMTP\r\n');
    let scram: ReturnType<typeof createScramServer> | null = null;
    socket.on('data', (bytes: Buffer) => {
      const line = bytes.toString().replace(/\r\n$/, '');
      lines.push(line);
      const [verb, mechanism = '', initial = ''] = line.split(' ');
      let reply = '250 2.0.0 ok';
      if (verb === 'EHLO') reply = `250-tls.test\r\n250 AUTH ${offered}`;
      else if (verb === 'AUTH') {
        const binding = mechanism.endsWith('-PLUS')
          ? socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
          : null;
        scram = createScramServer(own, binding);
        reply = scram(initial);
      } else if (scram !== null) {
        reply = scram(line);
        if (!reply.startsWith('334')) scram = null;
      }
      socket.write(`${reply}\r\n`);
    });
  }).on('tlsClientError', () => {});
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { lines, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

async function signIn(port: number, changes: Partial<SmtpTarget> = {}) {
  const facts = emptyFacts();
  const shown: string[] = [];
  const observer = { onLine: (_: string, text: string) => void shown.push(text) };
  const opened = await openSession(
    loopbackTarget(port, { encryption: 'tls', certificate: ca, credentials, ...changes }),
    { facts, observer },
  );
  if (opened.ok) opened.session.destroy();
  expect(shown.join()).not.toContain(password);
  return { ok: opened.ok, failure: opened.ok ? null : opened.failure, facts, shown };
}

describe('SCRAM', () => {
  it('signs in, bound to the connection where both sides can', async () => {
    const both = await startTlsServer('PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS', password);
    expect(await signIn(both.port)).toMatchObject({ ok: true, facts: { authMethod: 'SCRAM-SHA-256-PLUS' } });
    const plain = await startTlsServer('PLAIN SCRAM-SHA-256', password);
    expect(await signIn(plain.port)).toMatchObject({ ok: true, facts: { authMethod: 'SCRAM-SHA-256' } });
    const old = await startTlsServer('PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS', password, { maxVersion: 'TLSv1.2' });
    expect(await signIn(old.port)).toMatchObject({ ok: true, facts: { authMethod: 'SCRAM-SHA-256' } });
    expect([...both.lines, ...plain.lines, ...old.lines].join()).not.toContain(
      Buffer.from(password).toString('base64').slice(0, 12),
    );
  });

  it('tries a wrong password once, and no other way', async () => {
    const server = await startTlsServer('PLAIN LOGIN SCRAM-SHA-256', 'another');
    expect(await signIn(server.port)).toMatchObject({
      ok: false,
      failure: { kind: 'refused', phase: 'auth', reply: { code: 535 } },
    });
    expect(server.lines.filter((line) => line.startsWith('AUTH'))).toHaveLength(1);
  });

  it('goes on with PLAIN where the account has no SCRAM keys: nothing of the password was said', async () => {
    const script: SmarthostScript = {
      login: credentials,
      capabilities: ['AUTH SCRAM-SHA-256 PLAIN'],
      replies: { AUTH: (line) => (line.includes('SCRAM') ? '535 5.7.8 no such user here' : '235 2.7.0 ok') },
    };
    const { outcome, facts } = await runSession(script, { credentials });
    expect(outcome).toMatchObject({ sent: true });
    expect(facts.authMethod).toBe('PLAIN');
  });
});

describe('a token', () => {
  const token = { username: 'user@example.com', accessToken: 'ya29.Canary' };
  it.each([
    ['OAUTHBEARER XOAUTH2 PLAIN', 'OAUTHBEARER', 'AQ=='],
    ['XOAUTH2 PLAIN', 'XOAUTH2', ''],
  ])('of %s is said with %s, and its refusal acknowledged', async (offered, mechanism, acknowledgement) => {
    const capabilities = [`AUTH ${offered}`];
    const good = await runSession({ capabilities, replies: { AUTH: '235 2.7.0 ok' } }, { credentials: token });
    expect(good.facts.authMethod).toBe(mechanism);
    expect(good.shown.join()).not.toContain('Canary');
    const challenge = `334 ${encode('{"status":"invalid_token"}')}`;
    const bad = await runSession(
      { capabilities, replies: { AUTH: challenge, auth: '535 5.7.8 expired' } },
      { credentials: token },
    );
    expect(bad.failure).toMatchObject({ kind: 'refused', phase: 'auth', reply: { code: 535 } });
    expect(bad.lines.at(-1)).toBe(acknowledgement);
  });

  it('is no password, and nothing is done with one that could end its field', async () => {
    const { failure } = await runSession({ capabilities: ['AUTH PLAIN LOGIN'] }, { credentials: token });
    expect(failure).toMatchObject({ kind: 'auth-method-not-offered' });
    const odd = await runSession({}, { credentials: { ...token, accessToken: 'a\x01b' } });
    expect(odd.failure).toMatchObject({ kind: 'invalid-input', phase: 'auth' });
  });
});

describe('a client certificate', () => {
  const options = { requestCert: true, rejectUnauthorized: true, ca: lab.ca, maxVersion: 'TLSv1.2' };
  it('is shown to a server that asks for one', async () => {
    const server = await startTlsServer('PLAIN', '', options);
    const { cert, key } = lab.leaf('valid');
    expect(await signIn(server.port, { credentials: null, clientCertificate: { cert, key } })).toMatchObject({
      ok: true,
    });
    expect(await signIn(server.port, { credentials: null })).toMatchObject({ ok: false });
  });

  it('that cannot be read ends the attempt without its key in any text', async () => {
    const server = await startTlsServer('PLAIN', '', options);
    const { failure } = await signIn(server.port, {
      credentials: null,
      clientCertificate: { cert: 'x', key: password },
    });
    expect(failure).toMatchObject({ kind: 'invalid-input', phase: 'tls' });
    expect(JSON.stringify(failure)).not.toContain(password);
  });
});
