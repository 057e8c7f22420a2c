/** What servers do wrong, each from a table, over loopback: one outcome for each, certain or `uncertain`. */
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { loopbackTarget, type SmarthostScript, startFakeSmarthost } from '../../test/fake-smarthost.ts';
import { closeServers, someMail as mail, runSession as run, servers } from '../../test/run-session.ts';
import type { FailureKind, Phase, SmtpFailure } from './outcome.ts';
import { openSession } from './session.client.ts';
import type { SmtpTarget } from './target.ts';

afterEach(closeServers);

const credentials = { username: 'user', password: 'Canary-pw-99' };

const quick = (timeouts: Partial<SmtpTarget['timeouts']>): Partial<SmtpTarget> => ({
  timeouts: { ...loopbackTarget(0).timeouts, ...timeouts },
});

describe('an explicit no', () => {
  const cases: [string, SmarthostScript['replies'], Phase, SmtpFailure['scope'], number][] = [
    ['421 as greeting', { greeting: '421 4.3.2 busy' }, 'greeting', 'session', 421],
    ['554 as greeting', { greeting: '554 no service' }, 'greeting', 'session', 554],
    ['550 to EHLO', { EHLO: '550 bad name' }, 'ehlo', 'session', 550],
    ['421 to EHLO', { EHLO: '421 later' }, 'ehlo', 'session', 421],
    ['530 to MAIL', { MAIL: '530 5.7.0 sign in first' }, 'mail', 'sender', 530],
    ['421 to MAIL', { MAIL: '421 4.3.2 bye' }, 'mail', 'session', 421],
    ['550 to RCPT', { RCPT: '550 5.1.1 nobody' }, 'rcpt', 'recipient', 550],
    ['450 to RCPT', { RCPT: '450 4.2.0 greylisted' }, 'rcpt', 'recipient', 450],
    ['421 to RCPT', { RCPT: '421 4.3.2 bye' }, 'rcpt', 'session', 421],
    ['451 to DATA', { DATA: '451 4.3.0 later' }, 'data', 'content', 451],
    ['421 to the dot', { '.': '421 4.3.2 bye' }, 'dot', 'session', 421],
    ['452 to the dot', { '.': '452 4.3.1 full' }, 'dot', 'content', 452],
    ['554 to the dot', { '.': '554 5.7.1 spam' }, 'dot', 'content', 554],
  ];
  it.each(cases)('%s is certain and told with its reply', async (_, replies, phase, scope, code) => {
    const { failure, isOpen } = await run({ replies: replies ?? {} });
    expect(failure).toMatchObject({ kind: 'refused', phase, scope, reply: { code } });
    expect(isOpen).toBe(code !== 421 && phase !== 'greeting' && phase !== 'ehlo');
  });

  it('gives every recipient its own outcome and sends to those that are left', async () => {
    const { outcome, lines } = await run(
      { replies: { RCPT: ['250 2.1.5 one', '450 4.2.1 two', '550 5.1.1 three', '252 four'] } },
      {},
      { recipients: ['1@example.com', '2@example.com', '3@example.com', '4@example.com', 'five'] },
    );
    expect(outcome).toMatchObject({
      sent: true,
      recipients: [
        { address: '1@example.com', accepted: true, reply: { code: 250 } },
        { address: '2@example.com', accepted: false, failure: { scope: 'recipient', reply: { code: 450 } } },
        {
          address: '3@example.com',
          accepted: false,
          failure: { scope: 'recipient', reply: { code: 550, enhancedCode: '5.1.1' } },
        },
        { address: '4@example.com', accepted: true, reply: { code: 252 } },
        { address: 'five', accepted: false, failure: { kind: 'invalid-input', scope: 'recipient' } },
      ],
    });
    expect(lines.filter((line) => line.startsWith('RCPT'))).toHaveLength(4);
  });

  it('sends no DATA when nobody was accepted, and begins the next message with RSET', async () => {
    const server = await startFakeSmarthost({ replies: { RCPT: ['550 no', '250 ok'] } });
    servers.push(server);
    const opened = await openSession(loopbackTarget(server.port));
    if (!opened.ok) throw new Error(opened.failure.detail);
    expect(await opened.session.send(mail)).toMatchObject({ sent: false, failure: { phase: 'rcpt' } });
    expect(await opened.session.send(mail)).toMatchObject({ sent: true });
    await opened.session.quit();
    expect(server.connections[0]?.lines.map((line) => line.split(' ')[0])).toEqual([
      'EHLO',
      'MAIL',
      'RCPT',
      'RSET',
      'MAIL',
      'RCPT',
      'DATA',
      'QUIT',
    ]);
  });

  it('hears a refusal that comes while the body is on its way, and writes no dot', async () => {
    const taken = Promise.withResolvers<void>();
    const late = { after: taken.promise, say: '552 5.3.4 too much' };
    async function* source() {
      yield Buffer.from('Subject: x\r\n\r\n');
      taken.resolve();
      await new Promise(() => {});
    }
    const { failure, isOpen } = await run(
      { replies: { DATA: { say: '354 go', later: late } } },
      {},
      { data: source() },
    );
    expect(failure).toMatchObject({
      kind: 'refused',
      phase: 'body',
      scope: 'content',
      reply: { code: 552, enhancedCode: '5.3.4' },
    });
    expect(isOpen).toBe(false);
  });

  it('takes a success that comes before the dot for nothing', async () => {
    const taken = Promise.withResolvers<void>();
    async function* source() {
      yield Buffer.from('Subject: x\r\n\r\n');
      taken.resolve();
      await new Promise(() => {});
    }
    const later = { after: taken.promise, say: '250 2.0.0 queued' };
    const { failure } = await run({ replies: { DATA: { say: '354 go', later } } }, {}, { data: source() });
    expect(failure).toMatchObject({ kind: 'desync', phase: 'body' });
  });
});

describe('desync', () => {
  const cases: [string, SmarthostScript['replies'], Phase][] = [
    ['a second greeting', { greeting: '220 a\n220 b' }, 'greeting'],
    ['a doubled reply to EHLO', { EHLO: '250 a\n250 b' }, 'ehlo'],
    ['an unasked reply behind MAIL', { MAIL: '250 ok\n250 ok' }, 'mail'],
    ['the beginning of one behind MAIL', { MAIL: { raw: '250 ok\r\n250 o' } }, 'mail'],
    ['250 instead of 354', { DATA: '250 ok' }, 'data'],
    ['220 instead of 354', { DATA: '220 what' }, 'data'],
    ['334 instead of 354', { DATA: '334 what' }, 'data'],
    ['354 to RCPT', { RCPT: '354 go' }, 'rcpt'],
    ['354 and the verdict at once', { DATA: '354 go\n250 queued' }, 'data'],
    ['words instead of a reply', { MAIL: 'certainly, sir' }, 'mail'],
    ['a code that changes in between', { RCPT: '250-ok\n550 no' }, 'rcpt'],
    ['250 as greeting', { greeting: '250 hello' }, 'greeting'],
    ['more than 64 KB', { EHLO: `250-${'x'.repeat(1000)}\n`.repeat(70) }, 'ehlo'],
  ];
  it.each(cases)('%s ends the session, and nothing is sent', async (_, replies, phase) => {
    const { failure, isOpen, outcome } = await run({ replies: replies ?? {} });
    expect(failure).toMatchObject({ kind: 'desync', scope: 'session', phase, reply: null });
    expect(isOpen).toBe(false);
    expect(outcome?.sent ?? false).toBe(false);
  });

  it('shifts nothing: a late extra reply makes the answer to DATA wrong', async () => {
    const { failure } = await run({
      replies: { MAIL: '250 ok', RCPT: { raw: '250 ok\r\n' }, DATA: { raw: '250 late\r\n354 go\r\n' } },
    });
    expect(failure).toMatchObject({ kind: 'desync', phase: 'data' });
  });
});

describe('after the final dot', () => {
  const cases: [string, SmarthostScript['replies'], Partial<SmtpTarget>][] = [
    ['the line is cut', { '.': { say: '', end: 'close' } }, {}],
    ['the line is reset', { '.': { say: '', end: 'reset' } }, {}],
    ['no reply comes', { '.': '' }, quick({ dot: 150 })],
    ['half a reply comes', { '.': { raw: '250 2.0.0 que' } }, quick({ dot: 150 })],
    ['half a reply and the end come', { '.': { raw: '250 2.0.0 que', end: 'close' } }, {}],
    ['nonsense comes', { '.': 'yes!' }, {}],
    ['two verdicts come', { '.': '250 ok\n250 ok' }, {}],
    ['two opposite verdicts come', { '.': '250 ok\n554 no' }, {}],
    ['354 comes', { '.': '354 more' }, {}],
    ['the attempt runs out of time', { '.': '' }, quick({ deadline: 200 })],
  ];
  it.each(cases)('%s: uncertain', async (_, replies, changes) => {
    const { failure } = await run({ replies: replies ?? {} }, changes);
    expect(failure).toMatchObject({ kind: 'uncertain', phase: 'dot', scope: 'session' });
  });

  it('a verdict that is followed by the end of the connection counts', async () => {
    const { outcome } = await run({ replies: { '.': { say: '250 2.0.0 queued', end: 'close' } } });
    expect(outcome).toMatchObject({ sent: true, reply: { enhancedCode: '2.0.0' } });
  });

  it('a verdict that is followed by 421 counts, and the session is over', async () => {
    const { outcome, isOpen } = await run({ replies: { '.': '250 ok\n421 closing' } });
    expect(outcome).toMatchObject({ sent: true });
    expect(isOpen).toBe(false);
  });

  it('cancelling is uncertain, before the dot it is certain', async () => {
    for (const [verb, kind] of [
      ['.', 'uncertain'],
      ['RCPT', 'cancelled'],
    ] as const) {
      const cancel = new AbortController();
      const server = await startFakeSmarthost({
        replies: {
          [verb]: () => {
            cancel.abort();
            return '';
          },
        },
      });
      servers.push(server);
      const opened = await openSession(loopbackTarget(server.port), { signal: cancel.signal });
      if (!opened.ok) throw new Error(opened.failure.detail);
      expect(await opened.session.send(mail)).toMatchObject({ sent: false, failure: { kind } });
    }
  });
});

describe('a connection that ends or stands still', () => {
  it.each(['greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA'])('lost at %s is certain non-delivery', async (verb) => {
    for (const end of ['close', 'reset'] as const) {
      // A reset before the greeting may be seen while connecting already.
      if (verb === 'greeting' && end === 'reset') continue;
      const { failure } = await run({ replies: { [verb]: { say: '', end } } });
      expect(failure).toMatchObject({
        kind: 'connection-lost',
        scope: 'session',
        phase: verb === 'greeting' ? verb : verb.toLowerCase(),
      });
    }
  });

  it('lost in the body is certain non-delivery', async () => {
    const { failure } = await run(
      { replies: { DATA: { say: '354 go', end: 'reset' } } },
      {},
      { data: Buffer.alloc(8_000_000, 'x\r\n') },
    );
    expect(failure).toMatchObject({ kind: 'connection-lost', phase: 'body' });
  });

  it.each(['greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA'])(
    'silent at %s ends by the time-out of that phase',
    async (verb) => {
      const { failure } = await run({ replies: { [verb]: '' } }, quick({ greeting: 150, reply: 150 }));
      expect(failure).toMatchObject({ kind: 'reply-timeout', phase: verb === 'greeting' ? verb : verb.toLowerCase() });
      expect(failure?.detail).toContain('0 bytes');
    },
  );

  it('counts complete replies, not bytes that drip', async () => {
    const drip = { say: '250-x'.repeat(400), dripMilliseconds: 5 };
    const before = performance.now();
    const { failure } = await run({ replies: { EHLO: drip } }, quick({ reply: 200 }));
    expect(failure).toMatchObject({ kind: 'reply-timeout', phase: 'ehlo' });
    expect(Number(/(\d+) bytes had come/.exec(failure?.detail ?? '')?.[1])).toBeGreaterThan(3);
    expect(performance.now() - before).toBeLessThan(1500);
  });

  it('is ended by the deadline of the attempt, whatever the phase allows', async () => {
    const { failure } = await run({ replies: { RCPT: '' } }, quick({ deadline: 150 }));
    expect(failure).toMatchObject({ kind: 'deadline', phase: 'rcpt' });
  });

  it('ends when a block of the body is not taken', async () => {
    const { failure } = await run({ stopsReadingAt: 'body', capabilities: [] }, quick({ body: 200 }), {
      data: Buffer.alloc(20_000_000, 'x\r\n'),
    });
    expect(failure).toMatchObject({ kind: 'reply-timeout', phase: 'body' });
  });

  it('ends when the source of the message stands still, and passes on what the source throws', async () => {
    async function* stuck() {
      yield Buffer.from('Subject: x\r\n');
      await new Promise(() => {});
    }
    const { failure } = await run({}, quick({ deadline: 200 }), { data: stuck() });
    expect(failure).toMatchObject({ kind: 'deadline', phase: 'body' });
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('Subject: x\r\n');
      throw new Error('disk');
    }
    await expect(run({}, {}, { data: broken() })).rejects.toThrow('disk');
    expect(servers.at(-1)?.connections[0]?.messages).toEqual([]);
  });

  it('takes 421 between two messages for the end', async () => {
    const server = await startFakeSmarthost({ replies: { '.': '250 ok\n421 4.4.2 idle too long' } });
    servers.push(server);
    const opened = await openSession(loopbackTarget(server.port));
    if (!opened.ok) throw new Error(opened.failure.detail);
    expect(await opened.session.send(mail)).toMatchObject({ sent: true });
    expect(await opened.session.send(mail)).toMatchObject({
      sent: false,
      failure: { kind: 'refused', scope: 'session', reply: { code: 421 } },
    });
    await opened.session.quit();
  });
});

describe('a session that could not be opened', () => {
  it.each([
    ['after a refusal', { replies: { EHLO: '550 no' } }, {}],
    ['after desync', { replies: { greeting: '220 a\n220 b' } }, {}],
    ['after a time-out', { replies: { greeting: '' } }, quick({ greeting: 100 })],
    ['when STARTTLS is missing', {}, { encryption: 'starttls' }],
    ['when AUTH is missing', {}, { credentials }],
    ['after a wrong password', { login: { username: 'user', password: 'other' } }, { credentials }],
  ] as [string, SmarthostScript, Partial<SmtpTarget>][])(
    'leaves no connection behind %s',
    async (_, script, changes) => {
      const { failure } = await run(script, changes);
      expect(failure).not.toBeNull();
      await expect.poll(() => servers.at(-1)?.connections[0]?.isClosed).toBe(true);
    },
  );
});

describe('a server that is something else', () => {
  it.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['HTTP', '<!DOCTYPE html>'],
    ['SSH', 'SSH-2.0-OpenSSH_9.2p1\r\n'],
    ['POP3', '+OK ready\r\n'],
    ['IMAP', '* OK IMAP4rev1 ready\r\n'],
    ['TLS', '\x15\x03\x03\x00\x02\x02\x28'],
    ['unknown', 'J\x00\x00\x00\x0a8.0.36'],
  ])('is recognised by its banner: %s', async (detail, raw) => {
    const { failure } = await run({ replies: { greeting: { raw } } });
    expect(failure).toMatchObject({ kind: 'not-smtp', phase: 'greeting', detail });
  });
});

describe('EHLO', () => {
  it('falls back to HELO only where neither TLS nor a password is needed', async () => {
    const replies = { EHLO: '502 5.5.2 what' };
    const old = await run({ replies });
    expect(old.outcome).toMatchObject({ sent: true });
    expect(old.facts.capabilities).toEqual([]);
    expect(old.lines).toContain('HELO client.test');
    for (const changes of [{ encryption: 'starttls' }, { credentials }] as const) {
      const { failure, lines } = await run({ replies }, changes);
      expect(failure).toMatchObject({ kind: 'refused', phase: 'ehlo', reply: { code: 502 } });
      expect(lines).toEqual(['EHLO client.test']);
    }
  });
});

describe('what a message needs', () => {
  it('says SIZE and 8BITMIME where offered and needed', async () => {
    const { lines } = await run({}, {}, { data: Buffer.from('ä\n') });
    expect(lines).toContain('MAIL FROM:<a@example.com> SIZE=4 BODY=8BITMIME');
    expect((await run({ capabilities: [] }, {}, { data: Buffer.from('ä\n') })).lines).toContain(
      'MAIL FROM:<a@example.com>',
    );
  });

  it.each(['555 5.5.4 what', '501 5.5.4 what'])('says MAIL once more without parameters after %s', async (no) => {
    const { outcome, lines } = await run({ replies: { MAIL: [no, '250 ok'] } });
    expect(outcome).toMatchObject({ sent: true });
    expect(lines.filter((line) => line.startsWith('MAIL'))).toEqual([
      'MAIL FROM:<a@example.com> SIZE=18',
      'MAIL FROM:<a@example.com>',
    ]);
    const bare = await run({ capabilities: [], replies: { MAIL: no } });
    expect(bare.lines.filter((line) => line.startsWith('MAIL'))).toHaveLength(1);
  });

  it('is not offered to a server that takes less', async () => {
    const { failure, lines, isOpen } = await run({ capabilities: ['SIZE 10'] });
    expect(failure).toMatchObject({ kind: 'message-too-large', scope: 'content', phase: 'mail' });
    expect(lines.join()).not.toContain('MAIL');
    expect(isOpen).toBe(true);
  });

  it('writes domains as A-labels', async () => {
    const { lines } = await run({}, {}, { mailFrom: 'a@bücher.example', recipients: ['b@exämple.com'] });
    expect(lines).toContain('RCPT TO:<b@xn--exmple-cua.com>');
    expect(lines.find((line) => line.startsWith('MAIL'))).toContain('<a@xn--bcher-kva.example>');
  });

  it('needs SMTPUTF8 for a local part outside ASCII, and fails alone without it', async () => {
    const both = { recipients: ['jörg@example.com', 'b@example.com'] };
    const without = await run({}, {}, both);
    expect(without.outcome).toMatchObject({
      sent: true,
      recipients: [
        { accepted: false, failure: { kind: 'smtputf8-not-offered', scope: 'recipient' } },
        { accepted: true },
      ],
    });
    const offered = await run({ capabilities: ['SMTPUTF8'] }, {}, both);
    expect(offered.outcome).toMatchObject({ sent: true, recipients: [{ accepted: true }, { accepted: true }] });
    expect(offered.lines).toContain('MAIL FROM:<a@example.com> SMTPUTF8');
    expect((await run({}, {}, { mailFrom: 'jörg@example.com' })).failure).toMatchObject({
      kind: 'smtputf8-not-offered',
      scope: 'sender',
    });
  });

  it.each([
    ['a sender that would add a command', { mailFrom: 'a@b.example>\r\nRCPT TO:<x@y.example' }],
    ['only recipients that would', { recipients: ['a@b.example> NOTIFY=NEVER', 'x\r\nDATA@y'] }],
    ['no recipients', { recipients: [] }],
  ])('says nothing to the server for %s', async (_, sent) => {
    const { failure, lines } = await run({}, {}, sent);
    expect(failure).toMatchObject({ kind: 'invalid-input' });
    expect(lines).toEqual(['EHLO client.test', 'QUIT']);
  });
});

describe('before the conversation', () => {
  it.each([
    ['an EHLO name with a command in it', { ehloName: 'a\r\nMAIL FROM:<x@y>' }, 'ehlo'],
    ['a host with a path', { host: 'localhost/x' }, 'dns'],
    ['a port beyond all ports', { port: 70_000 }, 'dns'],
    ['a password with NUL', { credentials: { username: 'u', password: 'a\0b' } }, 'auth'],
  ] as const)('refuses %s', async (_, changes, phase) => {
    const { failure, wire } = await run({}, changes);
    expect(failure).toMatchObject({ kind: 'invalid-input', phase });
    expect(wire).toBe('');
  });

  it('connects to no address that is refused', async () => {
    const asked: string[] = [];
    const { failure, facts, wire } = await run({}, { isAddressAllowed: (address) => asked.push(address) === 0 });
    expect(failure).toMatchObject({ kind: 'address-refused' as FailureKind, phase: 'connect' });
    expect(asked).toEqual(facts.addresses);
    expect(wire).toBe('');
  });

  it('finds a closed port closed, and a name that cannot exist not there', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    expect(await openSession(loopbackTarget(port))).toMatchObject({
      ok: false,
      failure: { kind: 'connection-refused', phase: 'connect' },
    });
    const unknown = await openSession(loopbackTarget(25, { host: 'mail.invalid' }));
    expect(unknown).toMatchObject({ ok: false, failure: { kind: 'dns-not-found', phase: 'dns' } });
  });

  it('does nothing when it was cancelled before it began', async () => {
    const opened = await openSession(loopbackTarget(25), { signal: AbortSignal.abort() });
    expect(opened).toMatchObject({ ok: false, failure: { kind: 'cancelled' } });
  });
});
