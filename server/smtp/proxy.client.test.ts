/** Out through proxies of the test's own, on loopback. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { loopbackTarget, startFakeSmarthost } from '../../test/fake-smarthost.ts';
import { closeServers, someMail as mail, servers } from '../../test/run-session.ts';
import { openDialogue } from './proxy-dialogue.ts';
import { openSession } from './session.client.ts';
import type { OutgoingProxy, SmtpTarget } from './target.ts';

const open: Server[] = [];
afterEach(async () => {
  await closeServers();
  for (const server of open.splice(0)) server.close();
});

interface Seen {
  asked: string;
  signIn: string;
}
type Answer = (seen: Seen, bytes: Buffer, say: (bytes: string | Buffer) => void, open: (rest: Buffer) => void) => void;

/** Each piece goes to `answer`, until it opens the way to the smarthost. */
async function startProxy(smarthostPort: number, answer: Answer) {
  const seen: Seen = { asked: '', signIn: '' };
  const server = createServer({ noDelay: true }, (near: Socket) => {
    near.on('error', () => {});
    const onData = (bytes: Buffer) =>
      answer(
        seen,
        bytes,
        (words) => void (typeof words === 'string' ? near.write(words) : near.write(words)),
        (first) => {
          near.off('data', onData);
          const far = connect({ port: smarthostPort, host: '127.0.0.1', noDelay: true }).on('error', () => {});
          // The greeting may come in one piece with the answer.
          far.once('data', (greeting: Buffer) => {
            near.write(Buffer.concat([first, greeting]));
            near.pipe(far).pipe(near);
          });
        },
      );
    near.on('data', onData);
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { seen, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

const socks: Answer = (seen, bytes, say, pass) => {
  if (bytes[0] === 5 && bytes.length === 2 + (bytes[1] as number)) say(Buffer.from([5, bytes.includes(2, 2) ? 2 : 0]));
  else if (bytes[0] === 1) {
    seen.signIn = bytes.toString('latin1', 2);
    say(Buffer.from([1, bytes.includes('secret') ? 0 : 1]));
  } else {
    seen.asked = bytes.toString('latin1', 5, bytes.length - 2);
    pass(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 25]));
  }
};
const http: Answer = (seen, bytes, say, pass) => {
  seen.asked = bytes.toString('latin1').split('\r\n')[0] ?? '';
  seen.signIn = Buffer.from(/Basic (\S+)/.exec(bytes.toString())?.[1] ?? '', 'base64').toString();
  if (seen.signIn !== 'me:secret') say('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  else pass(Buffer.from('HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n'));
};

async function sendThrough(
  kind: OutgoingProxy['kind'],
  answer: Answer,
  changes: Partial<SmtpTarget> = {},
  credentials: OutgoingProxy['credentials'] = null,
) {
  const smarthost = await startFakeSmarthost();
  servers.push(smarthost);
  const { port, seen } = await startProxy(smarthost.port, answer);
  const shown: string[] = [];
  const opened = await openSession(
    loopbackTarget(587, {
      host: 'mail.example.invalid',
      proxy: { kind, host: '127.0.0.1', port, credentials },
      ...changes,
    }),
    { observer: { onLine: (_, text) => void shown.push(text) } },
  );
  const outcome = opened.ok ? await opened.session.send(mail) : null;
  if (opened.ok) await opened.session.quit();
  return { outcome, failure: opened.ok ? null : opened.failure, seen, shown, smarthost };
}
const secret = { username: 'me', password: 'secret' };

describe('a proxy', () => {
  it('of SOCKS 5 is asked by name, and hands on whatever comes', async () => {
    const { outcome, seen, smarthost } = await sendThrough('socks5', socks);
    expect(outcome).toMatchObject({ sent: true });
    expect(seen.asked).toBe('mail.example.invalid');
    expect(smarthost.connections).toHaveLength(1);
  });

  it('gets a sign-in where it wants one, which is never shown', async () => {
    for (const [kind, answer] of [
      ['socks5', socks],
      ['http', http],
    ] as const) {
      const { outcome, seen, shown } = await sendThrough(kind, answer, {}, secret);
      expect(outcome).toMatchObject({ sent: true });
      expect(seen.signIn).toContain('secret');
      expect(shown.join()).not.toContain('secret');
    }
  });

  it('of HTTP is asked to connect', async () => {
    const { seen } = await sendThrough('http', http, {}, secret);
    expect(seen.asked).toBe('CONNECT mail.example.invalid:587 HTTP/1.1');
  });

  const reply =
    (code: number): Answer =>
    (_, bytes, say) =>
      say(Buffer.from(bytes[2] === 0 && bytes.length > 3 ? [5, code, 0, 1, 0, 0, 0, 0, 0, 0] : [5, 0]));
  const status =
    (line: string): Answer =>
    (_, __, say) =>
      say(`HTTP/1.1 ${line}\r\n\r\n`);
  it.each([
    ['refused by the server', 'socks5', reply(5), 'connection-refused'],
    ['no way to the host', 'socks5', reply(4), 'host-unreachable'],
    ['not allowed', 'socks5', reply(2), 'connection-failed'],
    ['no SOCKS', 'socks5', status('400 Bad Request'), 'connection-failed'],
    [
      'a sign-in that we have not',
      'socks5',
      ((_, __, say) => say(Buffer.from([5, 255]))) as Answer,
      'connection-failed',
    ],
    ['a bad gateway', 'http', status('502 Bad Gateway'), 'host-unreachable'],
    ['a gateway time-out', 'http', status('504 Gateway Timeout'), 'connection-timeout'],
    ['another sign-in', 'http', status('407 Who are you'), 'connection-failed'],
    ['no HTTP', 'http', ((_, __, say) => say('220 smtp.example ESMTP\r\n\r\n')) as Answer, 'connection-failed'],
    [
      'a head without end',
      'http',
      ((_, __, say) => say(`HTTP/1.1 200 ok\r\n${'x'.repeat(20_000)}`)) as Answer,
      'connection-failed',
    ],
    ['silence', 'http', (() => {}) as Answer, 'connection-timeout'],
  ] as const)('that answers with %s fails the connection', async (_, kind, answer, expected) => {
    const timeouts = { ...loopbackTarget(0).timeouts, connect: 300 };
    const { failure } = await sendThrough(kind, answer, { timeouts });
    expect(failure).toMatchObject({ kind: expected, phase: 'connect', scope: 'session' });
    expect(failure?.detail).toContain(expected === 'connection-refused' ? 'the proxy' : 'proxy');
  });

  it('is itself asked about, and so is an address behind it', async () => {
    const denied = await sendThrough('socks5', socks, { isAddressAllowed: (address) => address !== '127.0.0.1' });
    expect(denied.failure).toMatchObject({ kind: 'address-refused' });
    const behind = await sendThrough('socks5', socks, {
      host: '169.254.169.254',
      isAddressAllowed: (address) => !address.startsWith('169.'),
    });
    expect(behind.failure).toMatchObject({ kind: 'address-refused' });
    expect(behind.seen.asked).toBe('');
  });

  it('is told addresses in their own form', () => {
    const proxy: OutgoingProxy = { kind: 'socks5', host: 'p', port: 1 };
    const ask = (host: string) => {
      const step = openDialogue(proxy, host, 25).hear(Buffer.from([5, 0]));
      return step.state === 'say' ? step.bytes.toString('hex') : '';
    };
    expect(ask('192.0.2.1')).toBe('05010001c00002010019');
    expect(ask('2001:db8::1')).toBe('0501000420010db80000000000000000000000010019');
    expect(ask('::ffff:192.0.2.1')).toBe('0501000400000000000000000000ffffc00002010019');
  });
});
