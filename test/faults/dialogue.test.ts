/** What servers say, through the whole path from the queue to the log: S1–S30 of docs/faults.md. */
import { afterEach, describe, expect, it } from 'vitest';
import { acceptMany, closeAll, relay, startDelivery, startServer } from '../../server/delivery/test-data.ts';
import type { SmtpTarget } from '../../server/smtp/target.ts';
import type { AcceptedMessage } from '../../server/submission/accepted-message.ts';
import type { SmarthostScript } from '../fake-smarthost.ts';
import { databases } from '../support/databases.ts';
import { tlsLab } from '../tls-lab.ts';
import { meetFault } from './meet-fault.ts';

afterEach(closeAll);

type Replies = NonNullable<SmarthostScript['replies']>;
type Row = [
  fault: string,
  replies: Replies,
  message: string,
  health: string | null,
  says: RegExp,
  more?: { script?: SmarthostScript; target?: Partial<SmtpTarget> },
];
const close = { end: 'close' } as const;
const credentials = { username: 'hub', password: 'secret' };
const offersAuth = { script: { capabilities: ['AUTH PLAIN'], login: credentials }, target: { credentials } };
const starttls: SmarthostScript = { tls: { mode: 'starttls', ...tlsLab().leaf('valid') } };
const wantsStarttls = { target: { encryption: 'starttls' as const } };

/** The message: state, seconds until the next try (with the jitter of 0.5, which is none), whether it cost a step. */
const passing: Row[] = [
  ['S1 421 in the greeting', { greeting: '421 4.3.2 busy' }, 'deferred 5 free', 'slow busy', /too busy/],
  ['S2 554 in the greeting', { greeting: '554 5.7.1 no' }, 'deferred 5 free', 'blocked greeting', /refuses to talk to/],
  ['S3 421 to MAIL', { MAIL: '421 4.3.2 closing' }, 'deferred 60 free', 'slow shutdown', /was not sent/],
  ['S3 421 to RCPT', { RCPT: '421 4.3.2 closing' }, 'deferred 60 free', 'slow shutdown', /was not sent/],
  ['S3 421 to DATA', { DATA: '421 4.3.2 closing' }, 'deferred 60 free', 'slow shutdown', /was not sent/],
  ['S4 421 to the dot', { '.': '421 4.3.2 closing' }, 'deferred 60 free', 'slow shutdown', /was not sent/],
  ['S5 hangs up at the greeting', { greeting: close }, 'deferred 5 free', null, /before mail was given to it/],
  ['S5 hangs up at MAIL', { MAIL: close }, 'deferred 60 counts', 'slow line-lost', /before the message was complete/],
  ['S5 hangs up at DATA', { DATA: close }, 'deferred 60 counts', 'slow line-lost', /before the message was complete/],
  ['S6 4xx to MAIL', { MAIL: '451 4.3.0 later' }, 'deferred 300 free', 'slow trouble', /trouble of its own/],
  ['S6 4xx to RCPT', { RCPT: '451 4.3.0 later' }, 'deferred 300 free', 'slow trouble', /trouble of its own/],
  ['S6 4xx to DATA', { DATA: '451 4.3.0 later' }, 'deferred 300 free', 'slow trouble', /trouble of its own/],
  ['S6 4xx to the dot', { '.': '451 4.3.0 later' }, 'deferred 300 counts', null, /did not take the message/],
  ['S7 550 to EHLO', { EHLO: '550 5.7.1 no' }, 'deferred 5 free', 'blocked hello', /refuses the name/],
  [
    'S7 will not relay',
    { RCPT: '554 5.7.1 relay access denied' },
    'deferred 5 free',
    'blocked relay',
    /does not pass on/,
  ],
  ['S7 554 to DATA', { DATA: '554 5.5.1 no' }, 'deferred 300 counts', null, /meaning is not known/],
  ['S8 disk full at the dot', { '.': '452 4.3.1 full' }, 'deferred 5 free', 'slow full', /no room for mail/],
  ['S9 greylists', { RCPT: '450 4.7.1 greylisted' }, 'deferred 330 counts', null, /greylists/],
  [
    'S10 too fast for a mailbox',
    { RCPT: '450 4.2.1 is receiving mail at a rate that prevents more' },
    'deferred 660 counts',
    null,
    /more mail than/,
  ],
  ['S10 rate at RCPT', { RCPT: '451 4.7.0 too many mails' }, 'deferred 660 free', 'slow rate', /more slowly/],
  [
    'S10 throttled at the dot',
    { '.': '454 Throttling failure: Maximum sending rate exceeded.' },
    'deferred 60 free',
    'slow rate',
    /more slowly/,
  ],
  ['S10 daily quota', { '.': '454 4.7.0 Daily message quota exceeded' }, 'deferred 5 free', 'blocked quota', /quota/],
  [
    'S24 too many connections',
    { MAIL: '432 4.3.2 concurrent connections limit' },
    'deferred 60 free',
    'slow connection-limit',
    /fewer connections/,
  ],
  [
    'S13 wrong password',
    { AUTH: '535 5.7.8 no' },
    'deferred 5 free',
    'blocked sign-in',
    /refused the sign-in/,
    offersAuth,
  ],
  ['S13 app password', { AUTH: '534 5.7.9 app password' }, 'deferred 5 free', 'blocked sign-in', /sign-in/, offersAuth],
  [
    'S13 wants encryption',
    { AUTH: '538 5.7.11 encrypt' },
    'deferred 5 free',
    'blocked sign-in-method',
    /way of signing in/,
    offersAuth,
  ],
  [
    'S13 wants a sign-in',
    { MAIL: '530 5.7.0 sign in' },
    'deferred 5 free',
    'blocked sign-in-required',
    /only after sign-in/,
  ],
  [
    'S14 cannot check now',
    { AUTH: '454 4.7.0 later' },
    'deferred 5 free',
    'slow sign-in-busy',
    /cannot check/,
    offersAuth,
  ],
  [
    'S15 offers no STARTTLS',
    {},
    'deferred 5 free',
    'blocked encryption',
    /does not give the encryption/,
    wantsStarttls,
  ],
  [
    'S16 answers behind STARTTLS',
    { STARTTLS: { raw: '220 go\r\n250 AUTH PLAIN\r\n' } },
    'deferred 60 counts',
    'slow broken-smtp',
    /speaks SMTP wrongly/,
    { script: starttls, ...wantsStarttls },
  ],
  [
    'S19 answers MAIL twice',
    { MAIL: '250 ok\n250 ok' },
    'deferred 60 counts',
    'slow broken-smtp',
    /speaks SMTP wrongly/,
  ],
  ['S19 250 in place of 354', { DATA: '250 ok' }, 'deferred 60 counts', 'slow broken-smtp', /speaks SMTP wrongly/],
  [
    'S19 half a reply',
    { RCPT: { raw: '250 o', end: 'close' } },
    'deferred 60 counts',
    'slow line-lost',
    /before the message was complete/,
  ],
  [
    'S20 a megabyte for a reply',
    { EHLO: `250-${'x'.repeat(1000)}\n`.repeat(1000) },
    'deferred 60 counts',
    'slow broken-smtp',
    /speaks SMTP wrongly/,
  ],
];

describe('a server that', () => {
  it.each(passing)('%s: the mail waits, the server is named, and everything leaves by itself', async (...row) => {
    const [, replies, message, health, says, { script, target } = {}] = row;
    const met = await meetFault({
      script: { capabilities: ['PIPELINING'], ...script, replies },
      next: script ?? (target ? starttls : {}),
      ...(target && { target: { certificate: { check: 'ca', pem: tlsLab().ca }, ...target } }),
    });
    expect(`${met.state} ${met.waits} ${met.counts ? 'counts' : 'free'}`).toBe(message);
    expect(met.health).toBe(health);
    expect(met.says).toMatch(says);
    // What the server is blamed for stands on its row, too, in the same words.
    if (health !== null) expect(met.reason).toMatch(says);
    expect([met.end, met.copies]).toEqual(['sent', replies['.'] === undefined ? 1 : 2]);
    expect(met.attempts).toEqual([met.state, 'sent']);
  });

  const final: [fault: string, replies: Replies, state: string, says: RegExp, message?: Partial<AcceptedMessage>][] = [
    ['S7 550 to MAIL', { MAIL: '550 5.7.1 sender not allowed' }, 'held', /does not let this account send/],
    ['S7 knows no such mailbox', { RCPT: '550 5.1.1 no such user' }, 'bounced', /no such address/],
    ['S7 refuses the content', { '.': '554 5.7.1 looks like spam' }, 'bounced', /refuses the content/],
    [
      'S26 takes less than the message',
      { EHLO: '250-fake.test\n250 SIZE 10' },
      'bounced',
      /larger than the server takes/,
    ],
    [
      'S27 has no SMTPUTF8',
      {},
      'bounced',
      /does not offer SMTPUTF8/,
      { recipients: [{ address: 'j\u00f6rg@example.com', kind: 'to' }] },
    ],
    [
      'S30 says 354 though it refused the recipient',
      { RCPT: '550 5.1.1 no such user', DATA: '354 go' },
      'bounced',
      /no such address/,
    ],
  ];
  it.each(final)('%s: nobody is asked again, and the server stays well', async (...row) => {
    const [, replies, state, says, message] = row;
    const met = await meetFault({ script: { capabilities: ['PIPELINING'], replies }, ...(message && { message }) });
    expect([met.state, met.waits, met.health, met.attempts]).toEqual([state, null, null, [state]]);
    expect(met.says).toMatch(says);
  });

  const fine: [fault: string, replies: Replies][] = [
    ['S3 says 421 behind its verdict', { '.': '250 queued\n421 closing' }],
    ['S20 ends lines with LF, and puts NUL into them', { MAIL: { raw: '250 \0 ok\n' } }],
    ['S21 knows no EHLO', { EHLO: '502 what?' }],
    ['S25 hangs up after each message', { '.': { say: '250 ok', end: 'close' } }],
  ];
  it.each(fine)('%s: sent, and nobody is told', async (_, replies) => {
    const met = await meetFault({ script: { replies } });
    expect(met).toMatchObject({ state: 'sent', end: 'sent', health: null, attempts: ['sent'], copies: 1 });
  });

  const unanswered: [fault: string, reply: Replies['.']][] = [
    ['N9 closes the line after the dot', { end: 'close' }],
    ['N9 resets the line after the dot', { end: 'reset' }],
    ['N11 falls silent after the dot', ''],
    ['N12 gives its verdict too slowly', { say: '250 2.0.0 queued', dripMilliseconds: 100 }],
    ['S19 gives two opposite verdicts', '250 queued\n554 no'],
    ['S19 gives half a verdict and closes', { raw: '250 2.0.0 que', end: 'close' }],
    [
      'S29 answers when nobody listens any more',
      () => ({ after: new Promise((go) => setTimeout(go, 1500)), say: '250 late' }),
    ],
  ];
  it.each(unanswered)('%s: uncertain for ever, and the same mail again after five minutes', async (_, reply) => {
    const met = await meetFault({ script: { replies: { '.': reply } } });
    expect(met).toMatchObject({ state: 'uncertain', counts: true, health: 'slow no-answer', end: 'sent' });
    expect(met.waits).toBeGreaterThanOrEqual(300);
    expect(met.says).toMatch(/may have been delivered.*may arrive twice/);
    // Two copies at most, and the log names the one that nobody is sure of.
    expect([met.attempts, met.copies]).toEqual([['uncertain', 'sent'], 2]);
  });

  it('S10 S24 takes three connections at a time: all mail leaves, no step of the schedule is lost, and it is no outage', async () => {
    const server = await startServer({
      capabilities: ['PIPELINING'],
      replies: {
        MAIL: (_line, seen) => {
          const open = server.connections.filter(({ isClosed }) => !isClosed);
          return open.indexOf(seen) < 3 ? '250 ok' : { say: '421 4.7.0 too many connections', end: 'close' };
        },
        '.': () => ({ after: new Promise((go) => setTimeout(go, 5)), say: '250 ok' }),
      },
    });
    const [{ open }] = databases as [(typeof databases)[0]];
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const ids = await acceptMany(delivery, 120);
    await delivery.worker.start();
    const states = new Set<string>();
    for (let second = 0; (await delivery.count('sent')) < 120 && second < 7200; second += 30) {
      await delivery.pass(30);
      states.add((await delivery.health('smtp_1'))?.state ?? 'well');
    }
    expect(await delivery.count('sent')).toBe(120);
    expect(server.connections.flatMap(({ messages }) => messages)).toHaveLength(120);
    expect(states.has('unreachable') || states.has('blocked')).toBe(false);
    const attempts = (await Promise.all(ids.map((id) => delivery.path.attempts(id)))).flat();
    const refused = attempts.filter(({ outcome }) => outcome === 'deferred');
    // It learns: not every message has to be refused once.
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(40);
  });

  it('S25 hangs up after each tenth message: all leave, each at the first try, and nobody is told', async () => {
    let taken = 0;
    const server = await startServer({
      capabilities: ['PIPELINING'],
      replies: { '.': () => (++taken % 10 === 0 ? { say: '250 ok', end: 'close' } : '250 ok') },
    });
    const [{ open }] = databases as [(typeof databases)[0]];
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const ids = await acceptMany(delivery, 100);
    await delivery.worker.start();
    await delivery.worker.idle();
    for (let second = 0; (await delivery.count('sent')) < 100 && second < 200; second += 1) await delivery.pass(1);
    expect(await delivery.count('sent')).toBe(100);
    for (const id of ids) expect((await delivery.path.attempts(id)).map(({ outcome }) => outcome)).toEqual(['sent']);
    expect(await delivery.health('smtp_1')).not.toMatchObject({ state: 'slow' });
    expect(server.connections.flatMap(({ messages }) => messages)).toHaveLength(100);
  });
});
