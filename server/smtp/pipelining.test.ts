/** Commands in flights, envelopes behind the dot, and whole messages with BDAT, against scripted servers on loopback. */
import { afterEach, describe, expect, it } from 'vitest';
import { loopbackTarget, type SmarthostScript, startFakeSmarthost } from '../../test/fake-smarthost.ts';
import { closeServers, someMail as mail, servers } from '../../test/run-session.ts';
import type { SmtpFailure, TransactionOutcome } from './outcome.ts';
import { emptyHabits } from './server-habits.ts';
import { openSession } from './session.client.ts';
import type { SmtpTarget } from './target.ts';
import type { OutgoingMail } from './transaction.ts';

afterEach(closeServers);

/** Sends all at once; the commands of each flight are one string, as they came in one piece. */
async function sendAll(
  script: SmarthostScript,
  mails: Partial<OutgoingMail>[] = [{}],
  options: { capabilities?: string[]; target?: Partial<SmtpTarget>; pipelining?: boolean } = {},
) {
  const server = await startFakeSmarthost({ capabilities: options.capabilities ?? ['PIPELINING', 'SIZE'], ...script });
  servers.push(server);
  const habits = emptyHabits();
  const shown: string[] = [];
  const opened = await openSession(loopbackTarget(server.port, options.target ?? {}), {
    habits,
    observer: { onLine: (from, text) => void shown.push(`${from}: ${text}`) },
    ...(options.pipelining === undefined ? {} : { pipelining: options.pipelining }),
  });
  if (!opened.ok) throw new Error(opened.failure.detail);
  const { session } = opened;
  const outcomes = await Promise.all(mails.map((own) => session.send({ ...mail, ...own })));
  const { isOpen } = session;
  await session.quit();
  const [seen] = server.connections;
  const verbs = seen?.lines.map((line) => line.split(/[ :]/)[0]).filter((verb) => verb !== 'EHLO' && verb !== 'QUIT');
  return { outcomes, isOpen, habits, shown, verbs, lines: seen?.lines ?? [], messages: seen?.messages ?? [] };
}

const sentFlags = (outcomes: TransactionOutcome[]) => outcomes.map(({ sent }) => sent);
const failureOf = (outcome: TransactionOutcome | undefined): SmtpFailure | null =>
  outcome?.sent === false ? outcome.failure : null;
/** Notes what had come over the line when the command was answered. */
const note = (into: string[], say: string) => (_: string, connection: { wire: string }) => {
  into.push(connection.wire.replace(/^EHLO[^\n]*\n/, ''));
  return say;
};
const body = (name: string) => ({ data: Buffer.from(`Subject: ${name}\r\n\r\n.${name}\r\n`) });
const chunking = ['PIPELINING', 'CHUNKING', '8BITMIME'];

describe('an envelope in one flight', () => {
  it('is written at once and answered one to one', async () => {
    const seen: string[] = [];
    const { outcomes, verbs } = await sendAll(
      {
        replies: {
          MAIL: note(seen, '250 ok'),
          RCPT: ['250 2.1.5 one', '450 4.2.1 two', '550 5.1.1 three', '250 four'],
        },
      },
      [{ recipients: ['1@example.com', '2@example.com', '3@example.com', '4@example.com'] }],
    );
    expect(seen[0]).toMatch(/^MAIL[^\n]*\n(RCPT[^\n]*\n){4}DATA\r\n$/);
    expect(verbs).toEqual(['MAIL', 'RCPT', 'RCPT', 'RCPT', 'RCPT', 'DATA']);
    expect(outcomes[0]).toMatchObject({
      sent: true,
      recipients: [
        { address: '1@example.com', accepted: true, reply: { enhancedCode: '2.1.5' } },
        { address: '2@example.com', accepted: false, failure: { scope: 'recipient', reply: { code: 450 } } },
        { address: '3@example.com', accepted: false, failure: { scope: 'recipient', reply: { code: 550 } } },
        { address: '4@example.com', accepted: true },
      ],
    });
  });

  it('leaves the rest to the caller where a server takes only so many recipients', async () => {
    const { outcomes } = await sendAll({ replies: { RCPT: ['250 ok', '250 ok', '452 4.5.3 too many'] } }, [
      { recipients: ['1@example.com', '2@example.com', '3@example.com', '4@example.com'] },
    ]);
    expect(outcomes[0]).toMatchObject({ sent: true });
    const refused = outcomes[0]?.recipients.flatMap((one) => (one.accepted ? [] : [one.failure.reply?.enhancedCode]));
    expect(refused).toEqual(['4.5.3', '4.5.3']);
  });

  it('is followed by a lone dot when DATA is welcome though nobody was accepted', async () => {
    const { outcomes, messages, verbs } = await sendAll(
      { replies: { RCPT: ['550 5.1.1 no', '250 ok'], DATA: '354 go', '.': '250 took it' } },
      [body('one'), body('two')],
    );
    expect(failureOf(outcomes[0])).toMatchObject({ phase: 'rcpt', scope: 'recipient', reply: { code: 550 } });
    expect(outcomes[1]).toMatchObject({ sent: true });
    expect(messages).toEqual(['', 'Subject: two\r\n\r\n..two\r\n']);
    expect(verbs).not.toContain('RSET');
  });

  it('is followed by RSET, in the next flight, when the transaction came to nothing', async () => {
    const { outcomes, verbs } = await sendAll(
      { replies: { RCPT: ['550 no', '250 ok'], DATA: ['554 5.5.1 no valid recipients', '354 go'] } },
      [{}, {}],
    );
    expect(failureOf(outcomes[0])).toMatchObject({ phase: 'rcpt', scope: 'recipient' });
    expect(outcomes[1]).toMatchObject({ sent: true });
    expect(verbs).toEqual(['MAIL', 'RCPT', 'DATA', 'RSET', 'MAIL', 'RCPT', 'DATA']);
  });

  it('is said again without parameters where they are not understood', async () => {
    const { outcomes, lines } = await sendAll({
      replies: { MAIL: ['555 5.5.4 SIZE?', '250 ok'], RCPT: ['503 no', '250 ok'], DATA: ['503 no', '354 go'] },
    });
    expect(outcomes[0]).toMatchObject({ sent: true });
    expect(lines.filter((line) => line.startsWith('MAIL'))).toEqual([
      'MAIL FROM:<a@example.com> SIZE=18',
      'MAIL FROM:<a@example.com>',
    ]);
  });

  it('sends nothing where the sender is refused and the message welcome', async () => {
    const { outcomes, messages, isOpen } = await sendAll({
      replies: { MAIL: '550 5.7.1 not you', RCPT: '250 ok', DATA: '354 go' },
    });
    expect(failureOf(outcomes[0])).toMatchObject({ kind: 'refused', scope: 'sender', reply: { code: 550 } });
    expect(messages).toEqual([]);
    expect(isOpen).toBe(false);
  });

  it.each([
    ['a doubled answer', { MAIL: '250 ok\n250 ok' }],
    ['a missing answer', { RCPT: { raw: '\r' } }],
    ['250 instead of 354', { DATA: '250 ok' }],
  ] satisfies [string, SmarthostScript['replies']][])(
    'ends with %s, and no flight is sent there again',
    async (_, replies) => {
      const { outcomes, habits, messages } = await sendAll({ replies: replies as Record<string, string> });
      expect(failureOf(outcomes[0])).toMatchObject({ kind: 'desync', scope: 'session' });
      expect(habits.hasBrokenPipelining).toBe(true);
      expect(messages).toEqual([]);
    },
  );

  it('counts a server that answers only the first command of a piece as one that cannot do it', async () => {
    const { outcomes, habits } = await sendAll({ replies: { RCPT: '' } }, [{}], {
      target: { timeouts: { ...loopbackTarget(1).timeouts, reply: 100 } },
    });
    expect(failureOf(outcomes[0])).toMatchObject({ kind: 'reply-timeout', phase: 'rcpt' });
    expect(habits.hasBrokenPipelining).toBe(true);
  });

  it('is not used where it is not offered, not wanted, or somebody watches the phases', async () => {
    for (const [capabilities, pipelining] of [
      [['SIZE'], true],
      [['PIPELINING'], false],
    ] as const) {
      const seen: string[] = [];
      const replies = { MAIL: note(seen, '250 ok') };
      expect(
        sentFlags((await sendAll({ replies }, [{}], { capabilities: [...capabilities], pipelining })).outcomes),
      ).toEqual([true]);
      expect(seen[0]).toMatch(/^MAIL[^\n]*\n$/);
    }
    const seen: string[] = [];
    const server = await startFakeSmarthost({ capabilities: ['PIPELINING'], replies: { MAIL: note(seen, '250 ok') } });
    servers.push(server);
    const phases: string[] = [];
    const opened = await openSession(loopbackTarget(server.port), {
      observer: { onPhase: (phase) => void phases.push(phase) },
    });
    if (opened.ok) await opened.session.send(mail);
    if (opened.ok) await opened.session.quit();
    expect(seen[0]).toMatch(/^MAIL[^\n]*\n$/);
  });
});

describe('an envelope behind the dot', () => {
  it('goes out with the end of the message before it', async () => {
    const seen: string[] = [];
    const { outcomes, messages } = await sendAll({ replies: { '.': note(seen, '250 queued') } }, [
      body('one'),
      body('two'),
      body('three'),
    ]);
    expect(sentFlags(outcomes)).toEqual([true, true, true]);
    expect(messages.map((text) => /\.\.(\w+)/.exec(text)?.[1])).toEqual(['one', 'two', 'three']);
    expect(seen[0]).toMatch(/\.\.one\r\n\.\r\nMAIL[^\n]*\nRCPT[^\n]*\nDATA\r\n$/);
    expect(seen[2]).toMatch(/\.\.three\r\n\.\r\n$/);
  });

  it('gives each message the answers to its own commands', async () => {
    const { outcomes, messages } = await sendAll(
      {
        replies: {
          RCPT: ['250 ok', '550 5.1.1 no', '250 ok', '250 ok'],
          DATA: ['354 go', '554 no valid recipients', '354 go', '354 go'],
          '.': ['452 4.3.1 full', '250 queued', '554 5.7.1 spam'],
        },
      },
      [body('one'), body('two'), body('three'), body('four')],
    );
    expect(outcomes.map((outcome) => failureOf(outcome)?.reply?.code ?? 'sent')).toEqual([452, 550, 'sent', 554]);
    expect(messages).toHaveLength(3);
  });

  it('takes back no verdict when the line ends behind it; the next message was not begun', async () => {
    const { outcomes } = await sendAll({ replies: { '.': { say: '250 queued', end: 'close' } } }, [{}, {}]);
    expect(outcomes[0]).toMatchObject({ sent: true });
    expect(failureOf(outcomes[1])).toMatchObject({ kind: 'connection-lost', scope: 'session' });
  });

  it('takes back no verdict when the server has had enough', async () => {
    const { outcomes } = await sendAll({ replies: { MAIL: ['250 ok', '421 4.7.0 too many messages'] } }, [{}, {}]);
    expect(outcomes[0]).toMatchObject({ sent: true });
    expect(failureOf(outcomes[1])).toMatchObject({
      kind: 'refused',
      phase: 'mail',
      scope: 'session',
      reply: { code: 421 },
    });
  });

  it('says nothing to a message of the words with which the server ended on the one before', async () => {
    const { outcomes } = await sendAll({ replies: { '.': '421 4.3.0 see http://reset.example/secret' } }, [{}, {}]);
    expect(failureOf(outcomes[0])).toMatchObject({ phase: 'dot', reply: { code: 421 } });
    expect(failureOf(outcomes[1])).toMatchObject({
      kind: 'connection-lost',
      phase: 'mail',
      scope: 'session',
      reply: null,
    });
    expect(JSON.stringify(outcomes[1])).not.toContain('secret');
  });

  it.each([
    ['a success that was left over, before the refusal', { '.': '250 left over\n554 5.7.1 no' }],
    ['a doubled verdict', { '.': ['250 queued\n250 queued'] }],
    ['a doubled answer to the next sender', { MAIL: ['250 ok', '250 ok\n250 ok'] }],
    ['words', { MAIL: ['250 ok', 'what?'] }],
  ] satisfies [string, SmarthostScript['replies']][])('%s makes the verdict uncertain', async (_, replies) => {
    const { outcomes, habits } = await sendAll({ replies: replies as Record<string, string> }, [{}, {}]);
    expect(failureOf(outcomes[0])).toMatchObject({ kind: 'uncertain', phase: 'dot', scope: 'session' });
    expect(failureOf(outcomes[1])).toMatchObject({ kind: 'desync', scope: 'session' });
    expect(habits.hasBrokenPipelining).toBe(true);
  });
});

describe('BDAT', () => {
  it('sends a whole message in one flight, once an empty chunk was answered', async () => {
    const seen: string[] = [];
    const { outcomes, messages, verbs } = await sendAll(
      { replies: { MAIL: note(seen, '250 ok') } },
      [body('one'), { data: Buffer.from('Subject: two\n\n.two') }],
      { capabilities: chunking },
    );
    expect(sentFlags(outcomes)).toEqual([true, true]);
    expect(messages).toEqual(['Subject: one\r\n\r\n.one\r\n', 'Subject: two\r\n\r\n.two\r\n']);
    expect(verbs).toEqual(['MAIL', 'RCPT', 'BDAT', 'BDAT', 'MAIL', 'RCPT', 'BDAT']);
    expect(seen[0]).toMatch(/BDAT 0\r\n$/);
    expect(seen[1]).toMatch(/RCPT[^\n]*\nBDAT 22 LAST\r\nSubject: two\r\n\r\n\.two\r\nEHLO client\.test\r\n$/);
  });

  it('is proven by a server that offers less to who has signed in', async () => {
    const hello = [
      '250-fake.test\n250-PIPELINING\n250-AUTH PLAIN\n250 CHUNKING',
      '250-fake.test\n250-PIPELINING\n250 CHUNKING',
    ];
    const { outcomes } = await sendAll({ replies: { EHLO: hello } }, [{}, {}], { capabilities: chunking });
    expect(sentFlags(outcomes)).toEqual([true, true]);
  });

  it('is known to a server that wants no empty chunk', async () => {
    const { outcomes, habits, verbs } = await sendAll(
      { replies: { BDAT: ['551 5.7.1 Null BDAT request', '250 ok'] } },
      [{}, {}],
      { capabilities: chunking },
    );
    expect(sentFlags(outcomes)).toEqual([true, true]);
    expect(habits.hasBrokenChunking).toBe(false);
    expect(verbs).toEqual(['MAIL', 'RCPT', 'BDAT', 'RSET', 'MAIL', 'RCPT', 'BDAT', 'MAIL', 'RCPT', 'BDAT']);
  });

  it('gives way to DATA for the message whose parameters are not understood', async () => {
    const { outcomes, messages } = await sendAll(
      { replies: { MAIL: ['250 ok', '555 5.5.4 what?', '555 5.5.4 what?', '250 ok'] } },
      [body('one'), body('two'), body('three')],
      { capabilities: [...chunking, 'SIZE'] },
    );
    expect(sentFlags(outcomes)).toEqual([true, true, true]);
    expect(messages.map((text) => /\.(\w+)\r\n$/.exec(text)?.[1])).toEqual(['one', 'two', 'three']);
  });

  it('shows no body to a server that announces it and does not know it', async () => {
    const { outcomes, habits, lines } = await sendAll(
      { capabilities: chunking, replies: { BDAT: '502 5.5.2 what?' } },
      [{ data: Buffer.from('Subject: x\r\n\r\nMAIL FROM:<evil@example.com>\r\n') }, {}],
    );
    expect(sentFlags(outcomes)).toEqual([true, true]);
    expect(habits.hasBrokenChunking).toBe(true);
    expect(lines.join('\n')).not.toContain('evil');
    expect(lines.filter((line) => line.startsWith('BDAT'))).toEqual(['BDAT 0']);
  });

  it('tells whose fault it was, when everything went out at once', async () => {
    const { outcomes } = await sendAll(
      {
        replies: {
          MAIL: ['250 ok', '550 5.7.1 not you', '250 ok', '250 ok'],
          RCPT: ['250 ok', '503 no', '550 5.1.1 no', '250 ok'],
          BDAT: ['250 empty', '250 queued', '503 no', '503 no', '554 5.7.1 spam'],
        },
      },
      [{}, {}, {}, {}],
      { capabilities: chunking },
    );
    expect(outcomes.map((outcome) => failureOf(outcome)?.phase ?? 'sent')).toEqual(['sent', 'mail', 'rcpt', 'dot']);
  });

  it.each([
    ['a doubled answer to the sender', { MAIL: ['250 ok', '250 ok\n250 ok'] }],
    [
      'a doubled answer to the recipient, and a refusal',
      { RCPT: ['250 ok', '250 ok\n250 ok'], BDAT: ['250 a', '250 b', '554 no'] },
    ],
    ['the end behind the verdict', { BDAT: ['250 a', '250 b', { say: '250 queued', end: 'close' }] }],
    [
      'an answer of several lines that is no hello',
      {
        EHLO: [
          '250-fake.test\n250-PIPELINING\n250 CHUNKING',
          '250-fake.test\n250-PIPELINING\n250 CHUNKING',
          '250-a\n250-b\n250 c',
        ],
      },
    ],
    ['no answer to the sender', { MAIL: ['250 ok', { say: '', end: 'close' }] }],
  ] as [string, NonNullable<SmarthostScript['replies']>][])(
    '%s: uncertain, for there is no proof',
    async (_, replies) => {
      const { outcomes } = await sendAll({ replies }, [{}, {}], { capabilities: chunking });
      expect(sentFlags(outcomes)).toEqual([true, false]);
      expect(failureOf(outcomes[1])).toMatchObject({ kind: 'uncertain', scope: 'session' });
    },
  );
});

describe('delivery status notifications', () => {
  const dsn = {
    envelopeId: 'msg_1+2',
    returned: 'headers',
    notify: ['failure', 'delay'],
    namesRecipient: true,
  } as const;
  it('are asked for where the server offers them', async () => {
    const { lines } = await sendAll({}, [{ dsn, recipients: ['a+b=c@example.com'] }], { capabilities: ['DSN'] });
    expect(lines.slice(1, 3)).toEqual([
      'MAIL FROM:<a@example.com> RET=HDRS ENVID=msg_1+2B2',
      'RCPT TO:<a+b=c@example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc@example.com',
    ]);
  });

  it('are not mentioned elsewhere, and say NEVER for nothing', async () => {
    expect((await sendAll({}, [{ dsn }])).lines.join(' ')).not.toMatch(/RET|ENVID|NOTIFY/);
    const never = await sendAll({}, [{ dsn: { notify: [], envelopeId: 'x\r\ny' } }], { capabilities: ['DSN'] });
    expect(never.lines.slice(1, 3)).toEqual(['MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.com> NOTIFY=NEVER']);
  });
});
