/**
 * Why an attempt did not send, and what follows from each cause: the policy as a table. Which reply has which cause is in
 * recognise-cause.ts; judge.ts puts both together.
 *
 * `{server}` in the words is host and port. The first sentence says what happened, and stands alone where there is little room;
 * the next why it usually does and what to do; what comes then follows from the fate and is added by `describeFate`.
 */
import type { ServerVerdict } from './verdict.ts';

export interface Cause {
  /** Only what the recipient or the content is blamed for may end a message without a person. */
  blames: 'recipient' | 'content' | 'sender' | 'account' | 'host' | 'nobody' | 'us';
  fate: 'bounced' | 'deferred' | 'held' | 'uncertain' | 'queued';
  /**
   * `schedule`: queue/retry-schedule.ts. `short`: the same, beginning with a minute. `server`: as soon as the server is back.
   * A number: the schedule, but not before so many seconds. `now`: at once. `never`: the fate is final.
   */
  wait: 'schedule' | 'short' | 'greylist' | 'uncertain' | 'server' | 'now' | 'never' | number;
  /** Takes the message one step on in the schedule. */
  counts: boolean;
  server: Pick<ServerVerdict, 'state' | 'code' | 'retryAfterSeconds'> | null;
  says: string;
}

type Server = Cause['server'];
const ok: Server = { state: 'ok', code: 'ok', retryAfterSeconds: 0 };
const blocked = (code: string, retryAfterSeconds: number | null = 5): Server => ({
  state: 'blocked',
  code,
  retryAfterSeconds,
});
const unreachable = (code: string): Server => ({ state: 'unreachable', code, retryAfterSeconds: 5 });
/** @param seconds nothing goes to this server for so long; 0: only fewer at once. */
const slow = (code: string, seconds = 0): Server => ({ state: 'slow', code, retryAfterSeconds: seconds });

const bounce = (blames: 'recipient' | 'content', says: string): Cause => {
  return { blames, fate: 'bounced', wait: 'never', counts: true, server: ok, says };
};
const defer = (blames: 'recipient' | 'content', wait: Cause['wait'], says: string): Cause => {
  return { blames, fate: 'deferred', wait, counts: true, server: ok, says };
};
const hold = (says: string): Cause => {
  return { blames: 'sender', fate: 'held', wait: 'never', counts: true, server: ok, says };
};
/** The server's own trouble: it costs the message nothing. */
const wait = (blames: 'account' | 'host', server: Server, says: string, again: Cause['wait'] = 'server'): Cause => {
  return { blames, fate: 'deferred', wait: again, counts: false, server, says };
};

const hour = 3600;

export const causes = {
  // The recipient
  'address-unknown': bounce(
    'recipient',
    'The server says that there is no such address, or that it takes no mail. Usually it is mistyped, or its owner has left: correct it where it comes from, and send a new message.',
  ),
  'address-invalid': bounce(
    'recipient',
    'This cannot be an address of a mailbox, so the server was not asked. Correct it where it comes from, and send a new message.',
  ),
  'address-not-ascii': bounce(
    'recipient',
    'The part before the @ is not plain ASCII, and {server} does not offer SMTPUTF8.',
  ),
  'mailbox-full-for-good': bounce(
    'recipient',
    'The mailbox is full, and the server waits for no change. Tell its owner in another way.',
  ),
  'mail-loop': bounce(
    'recipient',
    'The server says that mail to this address goes round in a circle. Usually two forwardings point at each other: whoever runs that domain can end it.',
  ),
  'refused-recipient': bounce(
    'recipient',
    'The server refuses mail to this address. Its words say why; whoever runs that server can change it.',
  ),
  'mailbox-full': defer('recipient', hour, 'The mailbox is full at the moment.'),
  greylisted: defer(
    'recipient',
    'greylist',
    'The server greylists: it turns a first try away and takes the next one after five minutes.',
  ),
  'recipient-rate': defer('recipient', 600, 'This mailbox gets more mail than its server takes at the moment.'),
  'recipient-deferred': defer('recipient', 'schedule', 'The server does not take mail to this address at the moment.'),
  'too-many-recipients': {
    blames: 'host',
    fate: 'queued',
    wait: 'now',
    counts: false,
    server: ok,
    says: 'The server takes fewer recipients at a time than this message has; the others got it first.',
  },

  // The content
  'too-large': bounce(
    'content',
    'The message is larger than the server takes. Send a link instead of the attachment, or ask whoever runs the server for a higher limit.',
  ),
  'content-refused': bounce(
    'content',
    'The server refuses the content: it took it for spam, a virus or broken mail. Look at links and attachments, and at SPF, DKIM and DMARC of the sender.',
  ),
  'message-refused': bounce('content', 'The server refuses this message. Its words say why.'),
  'message-deferred': defer('content', 'schedule', 'The server did not take the message for the moment.'),

  // The sender
  'sender-refused': hold(
    'The server does not let this account send with this sender address. Use an address that belongs to the account, or have the server allow this one; then release the message.',
  ),
  'sender-not-ascii': hold('The sender address is not plain ASCII, and {server} does not offer SMTPUTF8.'),
  'sender-invalid': hold('The sender is not an address that can be sent from.'),

  // The account at the server. A refused sign-in is tried twice, then hardly ever: see server-circuit.ts
  'sign-in': wait(
    'account',
    blocked('sign-in'),
    '{server} refused the sign-in. Usually the password has changed or expired, or an app password is wanted: correct the settings.',
  ),
  'sign-in-method': wait(
    'account',
    blocked('sign-in-method'),
    '{server} does not take the way of signing in. Choose another way of signing in in the settings, or leave it to Postern.',
  ),
  'sign-in-required': wait(
    'account',
    blocked('sign-in-required'),
    '{server} takes mail only after sign-in. Give user name and password in the settings.',
  ),
  'sign-in-busy': wait('account', slow('sign-in-busy', 60), '{server} cannot check the sign-in for the moment.'),
  'sign-in-rate': wait(
    'account',
    slow('sign-in-rate', hour / 2),
    '{server} counts too many sign-ins. It takes some again after a while.',
  ),
  quota: wait(
    'account',
    blocked('quota', hour),
    'The quota of the account at {server} is used up. It counts anew later, usually after a day; a larger plan ends it sooner.',
  ),
  throttled: wait('account', slow('rate'), '{server} wants mail more slowly.', 'short'),
  rate: wait('account', slow('rate'), '{server} wants mail more slowly.', 600),
  'connection-limit': wait('account', slow('connection-limit'), '{server} wants fewer connections.', 'short'),

  // The server
  dns: wait(
    'host',
    unreachable('dns'),
    'The name of {server} could not be looked up. Usually the name server of this machine does not answer.',
  ),
  'dns-not-found': wait(
    'host',
    blocked('dns-not-found'),
    'The name of {server} does not exist. Usually it is mistyped in the settings.',
  ),
  'address-refused': wait(
    'host',
    blocked('address-refused'),
    'The address of {server} is one Postern never connects to.',
  ),
  'connection-refused': wait(
    'host',
    unreachable('connection'),
    '{server} refuses connections. Usually the program there is stopped, or the port in the settings is wrong.',
  ),
  connection: wait(
    'host',
    unreachable('connection'),
    '{server} cannot be reached. Usually a firewall drops the connection, or the machine is off.',
  ),
  silent: wait('host', unreachable('connection'), '{server} lost the connection before mail was given to it.'),
  busy: wait('host', slow('busy', 60), '{server} is too busy at the moment.'),
  'greeting-refused': wait(
    'host',
    blocked('greeting'),
    '{server} refuses to talk to this machine. Usually it does not know this machine’s address, or has it on a block list: its words say why.',
  ),
  'not-smtp': wait(
    'host',
    blocked('not-smtp'),
    '{server} is not a mail server. Usually host or port in the settings is wrong.',
  ),
  'hello-refused': wait(
    'host',
    blocked('hello'),
    '{server} refuses the name by which this machine says hello. Set another one in the settings.',
  ),
  encryption: wait(
    'host',
    blocked('encryption'),
    '{server} does not give the encryption that the settings ask for. Usually the port belongs to another kind of encryption: test the settings.',
  ),
  'tls-expected': wait(
    'host',
    blocked('encryption'),
    '{server} speaks TLS from the start, and was spoken to in plain text. Choose TLS from the start for this port in the settings, or use the STARTTLS port, usually 587.',
  ),
  'encryption-gone': wait(
    'host',
    blocked('encryption-gone'),
    '{server} offered encryption before and does not now, so nothing was sent. Somebody on the way may be removing the offer: ask whoever runs the server; if it was changed, choose Security None in the settings.',
  ),
  'encryption-busy': wait('host', slow('encryption-busy', 300), '{server} cannot begin encryption at the moment.'),
  certificate: wait(
    'host',
    blocked('certificate'),
    'The certificate of {server} cannot be trusted. Usually it has expired, or names another host: whoever runs the server renews it. The test of the settings shows it.',
  ),
  relay: wait(
    'host',
    blocked('relay'),
    '{server} does not pass on mail to other domains for this account. Usually it wants sign-in, or this machine’s address on its list.',
  ),
  reputation: wait(
    'host',
    slow('reputation'),
    'The address or the domain it was sent from is on a block list, or its SPF, DKIM or DMARC do not fit.',
    'schedule',
  ),
  'server-trouble': wait('host', slow('trouble'), '{server} has trouble of its own at the moment.', 'schedule'),
  'server-full': wait('host', slow('full', 300), '{server} has no room for mail at the moment.'),
  shutdown: wait('host', slow('shutdown'), '{server} ended the connection; the message was not sent.', 'short'),
  'line-lost': {
    ...wait('host', slow('line-lost'), 'The connection to {server} broke before the message was complete.', 'short'),
    counts: true,
  },
  'broken-smtp': {
    ...wait('host', slow('broken-smtp'), '{server} speaks SMTP wrongly; the message was not complete.', 'short'),
    counts: true,
  },
  'out-of-turn': {
    ...wait('host', ok, '{server} lost track of the conversation.', 'short'),
    counts: true,
  },
  'unknown-reply': {
    ...wait(
      'host',
      ok,
      '{server} gave an answer whose meaning is not known, so it is taken for a passing one.',
      'schedule',
    ),
    counts: true,
  },

  // Nobody, or ourselves
  uncertain: {
    blames: 'nobody',
    fate: 'uncertain',
    wait: 'uncertain',
    counts: true,
    server: slow('no-answer'),
    says: 'The connection broke after the message was complete, before the server answered: it may have been delivered.',
  },
  interrupted: {
    blames: 'us',
    fate: 'queued',
    wait: 'now',
    counts: false,
    server: null,
    says: 'Postern stopped this attempt before the message was complete; it was not sent.',
  },
  'own-limits': {
    blames: 'us',
    fate: 'deferred',
    wait: 'short',
    counts: false,
    server: null,
    says: 'This machine has no more file descriptors or memory for a connection. Give Postern more of them (ulimit -n), or look for what uses them up.',
  },
  configuration: wait('host', blocked('configuration'), 'The settings of {server} cannot be used as they are.'),
} as const satisfies Record<string, Cause>;

export type CauseName = keyof typeof causes;

/** What happens next, for a person. */
export function describeFate({ fate, wait: again }: Cause): string {
  if (fate === 'bounced') return 'Postern does not try again by itself.';
  if (fate === 'held') return 'It is held until somebody releases it.';
  if (fate === 'uncertain') return 'The same mail is sent again after a while, so it may arrive twice.';
  if (again === 'now') return 'Unless it was cancelled, it goes on at once.';
  return again === 'server'
    ? 'It waits, and leaves by itself once the server takes mail again.'
    : 'It is tried again by itself.';
}
