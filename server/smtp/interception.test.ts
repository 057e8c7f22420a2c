/** Somebody on the line: whatever they strip, inject, weaken or swap, nothing secret is on the wire. */
import { describe, expect, it } from 'vitest';
import { loopbackTarget, startFakeSmarthost } from '../../test/fake-smarthost.ts';
import { type Interception, startInterceptor } from '../../test/interceptor.ts';
import { tlsLab } from '../../test/tls-lab.ts';
import type { FailureKind } from './outcome.ts';
import { openSession } from './session.client.ts';
import type { SmtpTarget } from './target.ts';

const lab = tlsLab();
const password = 'Canary-wire-4711';
const credentials = { username: 'user', password };
const token = { username: 'user', accessToken: 'Canary-token-4711' };
const body = 'Canary-body-4711';
const ca = { check: 'ca', pem: lab.ca } as const;

/** Raw, and inside whatever base64 there is. */
function findSecrets(wire: string): string[] {
  const decoded = [...wire.matchAll(/[A-Za-z0-9+/]{6,}={0,2}/g)].map(([text]) =>
    Buffer.from(text, 'base64').toString('latin1'),
  );
  return [wire, ...decoded].filter((text) => /canary|anary-|recipient@/i.test(text));
}

async function meet(interception: Interception, changes: Partial<SmtpTarget>) {
  const login = { username: 'user', password };
  await using server = await startFakeSmarthost({ tls: { mode: 'starttls', ...lab.leaf('valid') }, login });
  await using between = await startInterceptor(server.port, interception);
  const timeouts = { ...loopbackTarget(0).timeouts, tls: 500, reply: 500 };
  const shown: string[] = [];
  const opened = await openSession(
    loopbackTarget(between.port, { credentials, certificate: ca, timeouts, ...changes }),
    {
      observer: { onLine: (_, text) => void shown.push(text) },
    },
  );
  const outcome = opened.ok
    ? await opened.session.send({
        mailFrom: 'sender@example.com',
        recipients: ['recipient@example.com'],
        data: Buffer.from(body),
      })
    : null;
  if (opened.ok) await opened.session.quit();
  const failure = opened.ok ? (outcome?.sent === false ? outcome.failure : null) : opened.failure;
  const commands = server.connections.flatMap(({ lines }) => lines);
  return {
    failure,
    sent: outcome?.sent === true,
    wire: between.wire(),
    read: between.read(),
    handshakes: between.handshakes(),
    commands,
    shown,
  };
}

const strip = (word: RegExp) => (text: string) => text.replace(word, '');
const withoutStarttls: Interception = {
  // The last line of a reply has a space behind the code.
  fromServer: (text) => text.replace(/250 STARTTLS\r\n/i, '250 HELP\r\n'),
};
const papers = (kind: Parameters<typeof lab.leaf>[0]) => lab.leaf(kind);
const takeOver = (own: object | null, says = '220 go\r\n'): Interception => ({ takesOver: { says, papers: own } });

describe('on the line', () => {
  it('shows the secret to the server, and to nobody between (so the search finds what there is)', async () => {
    const { sent, wire, commands } = await meet({}, { encryption: 'starttls' });
    expect(sent).toBe(true);
    expect(findSecrets(commands.join('\n')).length).toBeGreaterThan(0);
    expect(findSecrets(wire)).toEqual([]);
  });

  const cases: [string, Interception, Partial<SmtpTarget>, FailureKind][] = [
    ['STARTTLS stripped, where it must be', withoutStarttls, { encryption: 'starttls' }, 'starttls-not-offered'],
    ['STARTTLS stripped, where it may be', withoutStarttls, { encryption: 'automatic' }, 'auth-needs-tls'],
    [
      'STARTTLS stripped, with a token to sign in',
      withoutStarttls,
      { encryption: 'automatic', credentials: token },
      'auth-needs-tls',
    ],
    [
      'STARTTLS garbled',
      { fromServer: (text) => text.replace('STARTTLS', 'XXXXXXXX') },
      { encryption: 'starttls' },
      'starttls-not-offered',
    ],
    [
      'STARTTLS refused in the server’s name',
      takeOver(null, '454 4.7.0 not now\r\n'),
      { encryption: 'automatic' },
      'refused',
    ],
    [
      'the command itself swallowed',
      { fromClient: strip(/^STARTTLS\r\n/m) },
      { encryption: 'automatic' },
      'reply-timeout',
    ],
    [
      'replies injected behind the answer',
      takeOver(papers('valid'), '220 go\r\n250-x\r\n250 AUTH PLAIN\r\n'),
      { encryption: 'starttls' },
      'desync',
    ],
    [
      'half a reply injected behind the answer',
      takeOver(papers('valid'), '220 go\r\n250-AUTH'),
      { encryption: 'starttls' },
      'desync',
    ],
    [
      'sign-in offered before TLS',
      { fromServer: (text) => text.replace('250 STARTTLS', '250 AUTH PLAIN') },
      { encryption: 'automatic' },
      'auth-needs-tls',
    ],
    ['plain text instead of TLS', takeOver(null, '220 go\r\n'), { encryption: 'starttls' }, 'tls-handshake-timeout'],
    [
      'a certificate of another authority',
      takeOver(papers('untrusted')),
      { encryption: 'starttls' },
      'certificate-untrusted',
    ],
    [
      'a self-signed certificate',
      takeOver(papers('self-signed')),
      { encryption: 'automatic' },
      'certificate-self-signed',
    ],
    [
      'a certificate for another name',
      takeOver(papers('wrong-name')),
      { encryption: 'starttls' },
      'certificate-wrong-name',
    ],
    ['a certificate that has expired', takeOver(papers('expired')), { encryption: 'starttls' }, 'certificate-expired'],
    [
      'a good certificate, but not the pinned one',
      takeOver(papers('valid')),
      { encryption: 'starttls', certificate: { check: 'fingerprint', sha256: lab.leaf('self-signed').fingerprint } },
      'certificate-not-pinned',
    ],
    [
      'a weaker TLS than is allowed',
      takeOver({ ...papers('valid'), maxVersion: 'TLSv1.2' }),
      { encryption: 'starttls', tlsMinimum: '1.3' },
      'tls-version-too-old',
    ],
  ];
  it.each(cases)('%s: nothing secret leaves', async (_, interception, changes, kind) => {
    const { failure, sent, wire, read, commands, shown } = await meet(interception, changes);
    expect(sent).toBe(false);
    // A server of ours that cannot agree may only hang up.
    const kinds = kind === 'tls-version-too-old' ? [kind, 'tls-failed'] : [kind];
    expect(kinds).toContain(failure?.kind);
    expect(findSecrets(wire)).toEqual([]);
    // Behind a certificate that was not accepted not even a greeting is said.
    expect(read).toBe('');
    expect(commands.filter((line) => /^(AUTH|MAIL)/.test(line))).toEqual([]);
    expect(findSecrets(shown.join('\n'))).toEqual([]);
  });

  it('tells with SCRAM what a server that does not know the password cannot say', async () => {
    const replies = {
      AUTH: (line: string) => {
        const nonce = /r=(.*)$/.exec(Buffer.from(line.split(' ')[2] ?? '', 'base64').toString())?.[1] ?? '';
        return `334 ${Buffer.from(`r=${nonce}more,s=${Buffer.from('salt').toString('base64')},i=4096`).toString('base64')}`;
      },
      auth: '235 2.7.0 welcome, trust me',
    };
    await using server = await startFakeSmarthost({ capabilities: ['AUTH SCRAM-SHA-256 PLAIN'], replies });
    const opened = await openSession(loopbackTarget(server.port, { credentials }));
    expect(opened).toMatchObject({ ok: false, failure: { kind: 'desync', phase: 'auth' } });
    expect(findSecrets(server.connections[0]?.wire ?? '')).toEqual([]);
  });
});
