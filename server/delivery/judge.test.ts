import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type FailureKind,
  type FailureScope,
  fail,
  type Phase,
  phases,
  type RecipientOutcome,
  type Reply,
  type TransactionOutcome,
} from '../smtp/outcome.ts';
import { type JudgeContext, judge, judgeDeletedSettings, judgeExpired } from './judge.ts';
import type { AttemptVerdict } from './verdict.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const day = 86_400_000;
const context: JudgeContext = { host: 'mail.test', port: 587, hasCredentials: true, now, random: 0.5 };
const message = (count: number) => ({
  attempts: 0,
  recipients: Array.from({ length: count }, (_, position) => ({ position, address: `r${position}@example.com` })),
  expiresAt: now + 5 * day,
  holdsUncertain: false,
});

function reply(text: string): Reply {
  const [, code = '', enhanced = '', words = ''] = /^(\d{3})(?: ([245]\.\d+\.\d+))?(?: (.*))?$/.exec(text) ?? [];
  return { code: Number(code), enhancedCode: enhanced.startsWith(code[0] ?? '') ? enhanced : '', lines: [words] };
}
const refused = (phase: Phase, text: string) => fail(phase, 'refused', text, { reply: reply(text) });
const yes = (address = 'r0@example.com'): RecipientOutcome => ({ address, accepted: true, reply: reply('250 ok') });
const no = (text: string, address = 'r0@example.com'): RecipientOutcome => ({
  address,
  accepted: false,
  failure: refused('rcpt', text),
});

/** One recipient; the answer to it, or to the message. */
function judgeReply(phase: Phase, text: string, change: Partial<JudgeContext> = {}): AttemptVerdict {
  const failure = refused(phase, text);
  const recipients = phase === 'rcpt' ? [no(text)] : ['data', 'body', 'dot'].includes(phase) ? [yes()] : [];
  return judge({ sent: false, failure, recipients }, message(1), { ...context, ...change });
}
function judgeKind(phase: Phase, kind: FailureKind, scope?: FailureScope): AttemptVerdict {
  const failure = fail(phase, kind, 'words', scope === undefined ? {} : { scope });
  return judge({ sent: false, failure, recipients: [] }, message(1), context);
}
/** `deferred 300 counts · slow trouble`: fate, seconds, whether it costs a step, what the server gets for it. */
function tell({ recipients, retryAfterSeconds, countsAsAttempt, server }: AttemptVerdict): string {
  const fate = [recipients[0]?.state, retryAfterSeconds, countsAsAttempt ? 'counts' : 'free'].join(' ');
  return server === null || server.state === 'ok' ? fate : `${fate} · ${server.state} ${server.code}`;
}

const gone = 'bounced  counts';
const parked = (what: string) => `deferred 5 free · ${what}`;

describe('what a reply means', () => {
  it.each<[phase: Phase, reply: string, verdict: string]>([
    // Greeting, EHLO, TLS
    ['greeting', '421 4.3.2 too busy', parked('slow busy')],
    ['greeting', '450 come back later', parked('slow busy')],
    ['greeting', '554 5.7.1 your address is on a list', parked('blocked greeting')],
    ['ehlo', '421 4.3.2 closing', parked('slow busy')],
    ['ehlo', '502 5.5.1 what?', parked('blocked hello')],
    ['starttls', '454 4.7.0 TLS not available', parked('slow encryption-busy')],
    ['starttls', '501 5.5.4 no', parked('blocked encryption')],
    // AUTH
    ['auth', '535 5.7.8 wrong', parked('blocked sign-in')],
    ['auth', '535 5.7.3 unsuccessful', parked('blocked sign-in')],
    ['auth', '535 5.7.139 basic authentication is disabled', parked('blocked sign-in')],
    ['auth', '534 5.7.9 application-specific password required', parked('blocked sign-in')],
    ['auth', '432 4.7.12 a password transition is needed', parked('blocked sign-in')],
    ['auth', '538 5.7.11 encryption required', parked('blocked sign-in-method')],
    ['auth', '504 5.5.4 unknown mechanism', parked('blocked sign-in-method')],
    ['auth', '454 4.7.0 temporary authentication failure', parked('slow sign-in-busy')],
    ['auth', '421 4.7.0 too many login attempts', parked('slow sign-in-rate')],
    // MAIL
    ['mail', '530 5.7.0 authentication required', parked('blocked sign-in-required')],
    ['mail', '530 5.7.57 client was not authenticated', parked('blocked sign-in-required')],
    ['mail', '451 4.3.0 try later', 'deferred 300 free · slow trouble'],
    ['mail', '450 4.1.8 sender domain not found', 'deferred 300 free · slow trouble'],
    ['mail', '452 4.3.1 insufficient system storage', parked('slow full')],
    ['mail', '550 5.1.7 invalid sender', 'held  counts'],
    ['mail', '550 5.1.8 bad sender', 'held  counts'],
    ['mail', '553 5.7.1 sender address rejected: not owned by user', 'held  counts'],
    ['mail', '550 5.7.60 client does not have permissions to send as this sender', 'held  counts'],
    ['mail', '552 5.3.4 message too big', gone],
    ['mail', '552 too much', gone],
    ['mail', '555 5.5.4 unsupported parameter', 'deferred 300 counts'],
    ['mail', '501 5.5.4 syntax', 'deferred 300 counts'],
    // Anywhere
    ['mail', '503 5.5.1 bad sequence', 'deferred 60 counts'],
    ['rcpt', '503 5.5.1 bad sequence', 'deferred 60 counts'],
    ['mail', '421 4.3.2 shutting down', 'deferred 60 free · slow shutdown'],
    ['rcpt', '421 4.3.2 shutting down', 'deferred 60 free · slow shutdown'],
    ['data', '421 shutting down', 'deferred 60 free · slow shutdown'],
    ['mail', '421 4.7.0 too many messages', 'deferred 660 free · slow rate'],
    ['dot', '454 Throttling failure: Maximum sending rate exceeded.', 'deferred 60 free · slow rate'],
    ['rcpt', '454 Throttling failure: Maximum sending rate exceeded.', 'deferred 60 free · slow rate'],
    ['dot', '454 Throttling failure: Daily message quota exceeded.', parked('blocked quota')],
    ['dot', '554 5.2.0 STOREDRV.Submission.Exception: SubmissionQuotaExceededException', parked('blocked quota')],
    ['rcpt', '550 5.4.5 Daily user sending quota exceeded', parked('blocked quota')],
    ['dot', '550 5.2.252 SendAsDenied throttling', parked('blocked quota')],
    // RCPT, for now
    ['rcpt', '450 4.2.0 <r0@example.com>: Recipient address rejected: Greylisted', 'deferred 330 counts'],
    ['rcpt', '451 4.7.1 Greylisting in action, please come back later', 'deferred 330 counts'],
    ['rcpt', '450 4.7.1 try again later', 'deferred 330 counts'],
    ['rcpt', '451 graylisted', 'deferred 330 counts'],
    ['dot', '451 4.7.1 Greylisted', 'deferred 330 counts'],
    ['rcpt', '450 4.2.1 this mailbox is receiving mail too quickly', 'deferred 660 counts'],
    ['rcpt', '450 4.2.1 the user is receiving mail too fast', 'deferred 660 counts'],
    ['rcpt', '452 4.7.28 unusual rate of mail', 'deferred 660 free · slow rate'],
    ['rcpt', '450 4.7.25 no reverse name', 'deferred 660 free · slow rate'],
    ['rcpt', '452 4.2.2 mailbox full', 'deferred 3960 counts'],
    ['rcpt', '451 4.3.0 lookup failure', 'deferred 300 free · slow trouble'],
    ['rcpt', '450 4.1.1 unknown for now', 'deferred 300 counts'],
    ['rcpt', '452 4.5.3 Too many recipients', 'deferred 300 counts'],
    ['rcpt', '432 4.3.2 concurrent connections', 'deferred 60 free · slow connection-limit'],
    // RCPT, for good
    ['rcpt', '550 5.1.1 no such user', gone],
    ['rcpt', '550 5.1.2 bad host', gone],
    ['rcpt', '553 5.1.3 bad syntax', gone],
    ['rcpt', '550 5.1.6 moved', gone],
    ['rcpt', '550 5.1.10 recipient not found', gone],
    ['rcpt', '550 5.2.1 mailbox disabled', gone],
    ['rcpt', '550 5.4.1 recipient address rejected', gone],
    ['rcpt', '551 5.7.1 user not local', gone],
    ['rcpt', '556 5.1.10 null MX', gone],
    ['rcpt', '552 5.2.2 mailbox full', gone],
    ['rcpt', '550 5.2.2 the email account that you tried to reach is over quota', gone],
    ['rcpt', '550 5.4.6 mail loop', gone],
    ['rcpt', '554 5.4.14 hop count exceeded', gone],
    ['rcpt', '550 5.7.1 recipient does not want this', gone],
    ['rcpt', '550 no', gone],
    ['rcpt', '550 5.7.1 unable to relay', parked('blocked relay')],
    ['rcpt', '554 5.7.1 <r0@example.com>: Relay access denied', parked('blocked relay')],
    ['rcpt', '550 5.7.54 relay', parked('blocked relay')],
    ['rcpt', '550 5.7.64 tenant attribution', parked('blocked relay')],
    ['rcpt', '554 5.7.1 blocked using zen.spamhaus.org', 'deferred 300 free · slow reputation'],
    ['dot', '550 5.7.26 unauthenticated mail from example.com is not accepted', 'deferred 300 free · slow reputation'],
    ['dot', '550 5.7.27 the SPF does not fit', 'deferred 300 free · slow reputation'],
    ['rcpt', '553 5.7.1 <hub@example.com>: Sender address rejected: not owned by user hub', 'held  counts'],
    // DATA and the dot
    ['data', '451 4.3.0 not now', 'deferred 300 free · slow trouble'],
    ['data', '554 5.5.1 no valid recipients', 'deferred 300 counts'],
    ['dot', '421 4.3.2 going down', 'deferred 60 free · slow shutdown'],
    ['dot', '450 4.7.1 queue it later', 'deferred 300 counts'],
    ['dot', '451 4.3.0 not now', 'deferred 300 counts'],
    ['dot', '452 4.3.1 disk full', parked('slow full')],
    [
      'dot',
      '432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded',
      'deferred 60 free · slow connection-limit',
    ],
    ['dot', '552 5.3.4 too large', gone],
    ['dot', '554 5.2.3 larger than allowed', gone],
    ['dot', '554 5.6.0 broken MIME', gone],
    ['dot', '550 5.7.1 this looks like spam', gone],
    ['dot', '554 5.7.1 virus found', gone],
    ['dot', '550 5.1.1 no such user', gone],
    ['dot', '554 rejected', gone],
    ['dot', '550 5.7.60 SendAsDenied', 'held  counts'],
    // What nobody knows is temporary
    ['rcpt', '599 5.0.0 nonsense', 'deferred 300 counts'],
    ['mail', '571 no', 'deferred 300 counts'],
    ['dot', '521 what', 'deferred 300 counts'],
  ])('%s: %s → %s', (phase, text, verdict) => {
    expect(tell(judgeReply(phase, text))).toBe(verdict);
  });

  it('ignores an enhanced code of another class than the code', () => {
    expect(tell(judgeReply('rcpt', '550 4.2.2 odd'))).toBe(gone);
    expect(tell(judgeReply('rcpt', '450 5.1.1 odd'))).toBe('deferred 300 counts');
  });

  it('takes “access denied” from a server that was not signed in to for the wish to sign in', () => {
    const text = '554 5.7.1 <r0@example.com>: Recipient address rejected: Access denied';
    expect(tell(judgeReply('rcpt', text, { hasCredentials: false }))).toBe(parked('blocked sign-in-required'));
    expect(tell(judgeReply('rcpt', text))).toBe(gone);
  });

  it('ends or holds nothing for a reply that is not 5xx, whatever its words', () => {
    const words = fc.constantFrom(
      ...['no such user', 'relay access denied', 'spam', 'sender rejected', 'mailbox full', 'too large', '5.1.1', ''],
    );
    fc.assert(
      fc.property(fc.constantFrom(...phases), fc.integer({ min: 400, max: 499 }), words, (phase, code, text) => {
        const [recipient] = judgeReply(phase, `${code} ${text}`).recipients;
        expect(['deferred', 'queued']).toContain(recipient?.state);
      }),
    );
  });

  it('ends nothing for what happened before the mail was spoken of', () => {
    const before = fc.constantFrom<Phase>('greeting', 'ehlo', 'starttls', 'tls', 'auth');
    fc.assert(
      fc.property(before, fc.integer({ min: 400, max: 599 }), fc.string(), (phase, code, text) => {
        const verdict = judgeReply(phase, `${code} ${text}`);
        expect(verdict.recipients[0]?.state).toBe('deferred');
        expect(verdict.countsAsAttempt).toBe(false);
        expect(verdict.server?.state).not.toBe('ok');
      }),
    );
  });
});

it('keeps of a reply without end the beginning for each recipient', () => {
  const words = `550 5.1.1 ${'x'.repeat(60_000)}`;
  for (const verdict of [judgeReply('rcpt', words), judgeReply('dot', words)]) {
    const said = verdict.recipients[0]?.reply ?? '';
    expect([said.length, said.slice(0, 12), said.slice(-2)]).toEqual([2002, '550 5.1.1 xx', ' …']);
  }
  const sent = judge(
    { sent: true, reply: reply(`250 ${'y'.repeat(60_000)}`), recipients: [yes()] },
    message(1),
    context,
  );
  expect(sent.recipients[0]?.reply).toHaveLength(2002);
  expect(judgeReply('rcpt', `550 5.1.1 ${'x'.repeat(1990)}`).recipients[0]?.reply).toHaveLength(2000);
});

describe('what a failure without a reply means', () => {
  it.each<[phase: Phase, kind: FailureKind, verdict: string]>([
    ['dns', 'dns-timeout', parked('unreachable dns')],
    ['dns', 'dns-failed', parked('unreachable dns')],
    ['dns', 'dns-not-found', parked('blocked dns-not-found')],
    ['connect', 'address-refused', parked('blocked address-refused')],
    ['connect', 'connection-refused', parked('unreachable connection')],
    ['connect', 'connection-timeout', parked('unreachable connection')],
    ['connect', 'host-unreachable', parked('unreachable connection')],
    ['connect', 'connection-failed', parked('unreachable connection')],
    ['greeting', 'reply-timeout', parked('unreachable connection')],
    ['greeting', 'not-smtp', parked('blocked not-smtp')],
    ['ehlo', 'connection-lost', parked('unreachable connection')],
    ['starttls', 'starttls-not-offered', parked('blocked encryption')],
    ['starttls', 'starttls-gone', parked('blocked encryption-gone')],
    ['tls', 'tls-handshake-timeout', parked('unreachable connection')],
    ['tls', 'tls-version-too-old', parked('blocked encryption')],
    ['tls', 'certificate-expired', parked('blocked certificate')],
    ['tls', 'certificate-wrong-name', parked('blocked certificate')],
    ['tls', 'certificate-not-pinned', parked('blocked certificate')],
    ['auth', 'auth-not-offered', parked('blocked sign-in-method')],
    ['auth', 'auth-needs-tls', parked('blocked sign-in-method')],
    ['auth', 'invalid-input', parked('blocked configuration')],
    ['mail', 'connection-lost', 'deferred 60 counts · slow line-lost'],
    ['rcpt', 'reply-timeout', 'deferred 60 counts · slow line-lost'],
    ['body', 'connection-lost', 'deferred 60 counts · slow line-lost'],
    ['body', 'deadline', 'deferred 60 counts · slow line-lost'],
    ['data', 'desync', 'deferred 60 counts · slow broken-smtp'],
    ['dot', 'uncertain', 'uncertain 300 counts · slow no-answer'],
    ['mail', 'message-too-large', gone],
    ['body', 'cancelled', 'queued 0 free'],
  ])('%s: %s → %s', (phase, kind, verdict) => {
    expect(tell(judgeKind(phase, kind))).toBe(verdict);
  });

  it('is nothing about the server where this machine has run out of descriptors or memory', () => {
    for (const code of ['EMFILE', 'ENFILE', 'ENOBUFS']) {
      const failure = fail('connect', 'connection-failed', code);
      const verdict = judge({ sent: false, failure, recipients: [] }, message(1), context);
      expect(tell(verdict)).toBe('deferred 60 free');
      expect(verdict.server).toBeNull();
    }
  });

  it('ends an address that cannot be asked for, and holds a sender that cannot', () => {
    expect(tell(judgeKind('rcpt', 'invalid-input', 'recipient'))).toBe(gone);
    expect(tell(judgeKind('rcpt', 'smtputf8-not-offered', 'recipient'))).toBe(gone);
    expect(tell(judgeKind('mail', 'invalid-input', 'sender'))).toBe('held  counts');
    expect(tell(judgeKind('mail', 'smtputf8-not-offered', 'sender'))).toBe('held  counts');
  });

  it('never says sent without 2xx to the dot, and never bounces a broken line', () => {
    const kinds: FailureKind[] = ['reply-timeout', 'deadline', 'connection-lost', 'uncertain', 'desync', 'cancelled'];
    fc.assert(
      fc.property(fc.constantFrom(...phases), fc.constantFrom(...kinds), (phase, kind) => {
        expect(['deferred', 'uncertain', 'queued']).toContain(judgeKind(phase, kind).recipients[0]?.state);
      }),
    );
  });
});

describe('several recipients', () => {
  const dot = reply('250 2.0.0 queued as 7');
  const each = (outcome: TransactionOutcome, count: number) => judge(outcome, message(count), context);

  it('have their own ends when the message is taken', () => {
    const recipients = [yes(), no('450 4.2.0 greylisted'), no('550 5.1.1 no such user')];
    const verdict = each({ sent: true, reply: dot, recipients }, 3);
    expect(verdict.recipients.map(({ state, reply: said }) => [state, said])).toEqual([
      ['sent', '250 2.0.0 queued as 7'],
      ['deferred', '450 4.2.0 greylisted'],
      ['bounced', '550 5.1.1 no such user'],
    ]);
    expect(verdict).toMatchObject({ retryAfterSeconds: 330, countsAsAttempt: true, server: { state: 'ok' } });
  });

  it('that were accepted share the refusal of the message; the others keep their own', () => {
    const recipients = [yes(), no('550 5.1.1 no such user')];
    const verdict = each({ sent: false, failure: refused('dot', '451 4.3.0 later'), recipients }, 2);
    expect(verdict.recipients.map(({ state }) => state)).toEqual(['deferred', 'bounced']);
  });

  it('that were not asked any more when the line broke are deferred with it', () => {
    const failure = refused('rcpt', '421 4.3.2 going down');
    const lost: RecipientOutcome = { address: 'r1@example.com', accepted: false, failure };
    const verdict = each({ sent: false, failure, recipients: [no('550 5.1.1 gone'), lost] }, 3);
    expect(verdict.recipients.map(({ state }) => state)).toEqual(['bounced', 'deferred', 'deferred']);
  });

  it('are all uncertain without an answer to the dot, but for those who were refused before', () => {
    const failure = fail('dot', 'uncertain', 'lost');
    const recipients = [yes(), yes(), no('550 5.1.1 gone')];
    const verdict = each({ sent: false, failure, recipients }, 3);
    expect(verdict.recipients.map(({ state }) => state)).toEqual(['uncertain', 'uncertain', 'bounced']);
    expect(verdict.retryAfterSeconds).toBe(300);
  });

  it.each(['452 4.5.3 Too many recipients', '552 too many'])(
    'behind “%s” go at once in a transaction of their own',
    (text) => {
      const recipients = [yes(), yes(), no(text), no(text)];
      const verdict = each({ sent: true, reply: dot, recipients }, 4);
      expect(verdict.recipients.map(({ state }) => state)).toEqual(['sent', 'sent', 'queued', 'queued']);
      expect(verdict).toMatchObject({ retryAfterSeconds: 0, countsAsAttempt: false });
    },
  );

  it('do not go at once when those before them were not taken either', () => {
    const recipients = [yes(), no('452 4.5.3 Too many recipients')];
    const verdict = each({ sent: false, failure: refused('dot', '451 later'), recipients }, 2);
    expect(verdict.retryAfterSeconds).toBe(300);
  });

  it('leave the server in peace when one of them is refused as a relay and another is taken', () => {
    const recipients = [yes(), no('554 5.7.1 Relay access denied')];
    expect(each({ sent: true, reply: dot, recipients }, 2).server?.state).toBe('ok');
  });
});

describe('time', () => {
  it('goes up the schedule with what counted before', () => {
    const failure = refused('rcpt', '450 4.1.1 later');
    const waits = [0, 1, 2, 5, 20].map(
      (attempts) =>
        judge({ sent: false, failure, recipients: [no('450 4.1.1 later')] }, { ...message(1), attempts }, context)
          .retryAfterSeconds,
    );
    expect(waits).toEqual([300, 900, 1800, 14_400, 14_400]);
  });

  it('stops believing in greylisting after the third time', () => {
    const greylisted = no('450 4.2.0 greylisted');
    const failure = refused('rcpt', '450 4.2.0 greylisted');
    const waits = [2, 3].map(
      (attempts) =>
        judge({ sent: false, failure, recipients: [greylisted] }, { ...message(1), attempts }, context)
          .retryAfterSeconds,
    );
    expect(waits).toEqual([330, 3600]);
  });

  it('does not go beyond the lifetime: at its end the message expires', () => {
    const failure = refused('rcpt', '450 4.1.1 later');
    const short = { ...message(1), expiresAt: now + 90_000 };
    expect(judge({ sent: false, failure, recipients: [] }, short, context).retryAfterSeconds).toBe(90);
    const [recipient] = judgeExpired(short, new Set()).recipients;
    expect(recipient).toMatchObject({ state: 'expired', explanation: expect.stringContaining('ran out') });
  });

  it('says at the end of the lifetime of nobody that it was not sent whom an unanswered dot may have reached', () => {
    expect(judgeExpired(message(2), new Set([1]))).toMatchObject({
      recipients: [
        { state: 'expired', explanation: expect.stringContaining('was not sent') },
        { state: 'uncertain', explanation: expect.stringContaining('may have been delivered') },
      ],
      retryAfterSeconds: null,
    });
  });

  it('holds an uncertain message that asks for it', () => {
    const outcome: TransactionOutcome = { sent: false, failure: fail('dot', 'uncertain', 'lost'), recipients: [yes()] };
    const verdict = judge(outcome, { ...message(1), holdsUncertain: true }, context);
    expect(verdict).toMatchObject({ recipients: [{ state: 'held' }], retryAfterSeconds: null });
    expect(verdict.recipients[0]?.explanation).toMatch(/may have been delivered.*held/);
  });
});

it('explains in plain words, with the server by name', () => {
  expect(judgeKind('connect', 'connection-refused')).toMatchObject({
    server: { reason: expect.stringMatching(/^mail\.test:587 refuses connections\. .*wrong\.$/) },
    recipients: [
      {
        explanation: expect.stringMatching(
          /^mail\.test:587 refuses connections\. .* leaves by itself once the server takes mail again\.$/,
        ),
      },
    ],
  });
  expect(judgeDeletedSettings(message(1)).recipients[0]).toMatchObject({ state: 'held' });
});
