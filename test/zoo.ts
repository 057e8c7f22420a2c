/**
 * Broken and odd servers, each from a table of what it says: what a session with it must come to, and the sentence that
 * the test of settings must say. server/smtp/zoo.test.ts runs them; `writeZoo` makes docs/zoo.md of the same table.
 *
 * The server names its fault by the numbers of the fault matrix (N network, S dialogue). Unless a row says otherwise it is
 * spoken to in plain text, without sign-in, and offers PIPELINING, so that the session speaks in flights; the ladder
 * goes step by step.
 */
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { LadderStep } from '../contracts/diagnosis.ts';
import type { FailureKind, FailureScope, Phase } from '../server/smtp/outcome.ts';
import type { SmtpSettingsFields } from '../server/smtp-settings/smtp-settings.ts';
import { closedPort, keep, lab, listen } from './climb-settings.ts';
import type { SmarthostScript } from './fake-smarthost.ts';
import { startSilentPort } from './silent-port.ts';

export interface Animal {
  fault: string;
  what: string;
  script?: SmarthostScript;
  /** In place of a script. @returns the port */
  start?: () => Promise<number>;
  settings?: Partial<SmtpSettingsFields>;
  to?: string;
  /** `phase kind`, with the code of the reply where there was one. */
  outcome: { phase: Phase; kind: FailureKind; scope: FailureScope; code?: number } | 'sent';
  isRetried: boolean;
  /** Where the ladder stops, and its sentence; `{host}` and `{port}` stand for this server's. */
  step: LadderStep | null;
  says: string;
}

export const pipelining = ['PIPELINING', 'SIZE 10000000', '8BITMIME'];
const signIn = { username: 'billing@example.com' };
const offersAuth = ['PIPELINING', 'AUTH PLAIN LOGIN'];
const starttls = { starttlsOnly: true } as const;
const implicit = { security: 'tls' } as const;

type Replies = NonNullable<SmarthostScript['replies']>;
type Words = [fault: string, what: string, replies: Replies];
type Expected = [
  phase: Phase,
  kind: FailureKind,
  scope: FailureScope,
  code: number | null,
  isRetried: boolean,
  step: LadderStep,
  says: string,
];

const says = ([fault, what, replies]: Words, ...expected: Expected): Animal =>
  build({ fault, what, script: { replies } }, ...expected);

function build(animal: Omit<Animal, 'outcome' | 'isRetried' | 'step' | 'says'>, ...expected: Expected): Animal {
  const [phase, kind, scope, code, isRetried, step, sentence] = expected;
  const outcome = { phase, kind, scope, ...(code === null ? {} : { code }) };
  return { ...animal, outcome, isRetried, step, says: sentence };
}

const works = (fault: string, what: string, script: SmarthostScript): Animal => ({
  fault,
  what,
  script,
  outcome: 'sent',
  isRetried: false,
  step: null,
  says: '',
});

/** Does one thing to every connection. */
const everyConnection = (act: (socket: Socket) => void) => () =>
  listen(createServer((socket) => act(socket.on('error', () => {}))));

/** Agrees to TLS, and then says nothing more. */
const promiseTls = (socket: Socket) => {
  const onData = (bytes: Buffer) => {
    const isLast = /^STARTTLS/i.test(bytes.toString('latin1'));
    if (isLast) socket.off('data', onData).resume();
    socket.write(isLast ? '220 go\r\n' : '250-fake.test\r\n250 STARTTLS\r\n');
  };
  socket.on('data', onData).write('220 fake.test\r\n');
};

const oldTls = {
  ...lab.leaf('valid'),
  minVersion: 'TLSv1',
  maxVersion: 'TLSv1.1',
  ciphers: 'DEFAULT@SECLEVEL=0',
} as const;
const close = { say: '', end: 'close' } as const;
const reset = { say: '', end: 'reset' } as const;

// biome-ignore format: one server, one line
export const zoo: Animal[] = [
  build({ fault: 'N1', what: 'refuses connections', start: closedPort }, 'connect', 'connection-refused', 'session', null, true, 'tcp', '{host} refuses connections on port {port}.'),
  build({ fault: 'N2', what: 'never answers a connection', start: async () => keep(await startSilentPort()).port }, 'connect', 'connection-timeout', 'session', null, true, 'tcp', '{host} did not answer on port {port}.'),
  build({ fault: 'N6', what: 'has a name that does not exist', script: {}, settings: { host: 'mail.example.invalid' } }, 'dns', 'dns-not-found', 'session', null, true, 'dns', 'There is no server named mail.example.invalid.'),
  says(['N8', 'resets the line at MAIL', { MAIL: reset }], 'mail', 'connection-lost', 'session', null, true, 'mail', '{host} closed the connection in the middle of the conversation.'),
  says(['N8', 'resets the line at RCPT', { RCPT: reset }], 'rcpt', 'connection-lost', 'session', null, true, 'rcpt', '{host} closed the connection in the middle of the conversation.'),
  says(['N8', 'resets the line at DATA', { DATA: reset }], 'data', 'connection-lost', 'session', null, true, 'data', '{host} closed the connection in the middle of the conversation.'),
  says(['N8', 'resets the line while the whole of a short message is on its way', { DATA: { say: '354 go', end: 'reset' } }], 'dot', 'uncertain', 'session', null, true, 'data', 'The connection broke before {host} confirmed the message; it may or may not have been accepted.'),
  says(['N9', 'closes the line after the final dot', { '.': close }], 'dot', 'uncertain', 'session', null, true, 'data', 'The connection broke before {host} confirmed the message; it may or may not have been accepted.'),
  says(['N9', 'resets the line after the final dot', { '.': reset }], 'dot', 'uncertain', 'session', null, true, 'data', 'The connection broke before {host} confirmed the message; it may or may not have been accepted.'),
  says(['N10', 'falls silent at EHLO', { EHLO: '' }], 'ehlo', 'reply-timeout', 'session', null, true, 'ehlo', '{host} stopped answering in the middle of the conversation.'),
  says(['N10', 'falls silent at MAIL', { MAIL: '' }], 'mail', 'reply-timeout', 'session', null, true, 'mail', '{host} stopped answering in the middle of the conversation.'),
  says(['N10', 'falls silent at RCPT', { RCPT: '' }], 'rcpt', 'reply-timeout', 'session', null, true, 'rcpt', '{host} stopped answering in the middle of the conversation.'),
  says(['N10', 'falls silent at DATA', { DATA: '' }], 'data', 'reply-timeout', 'session', null, true, 'data', '{host} stopped answering in the middle of the conversation.'),
  says(['N11', 'falls silent after the final dot', { '.': '' }], 'dot', 'uncertain', 'session', null, true, 'data', 'The connection broke before {host} confirmed the message; it may or may not have been accepted.'),
  says(['N12', 'greets with one byte now and then', { greeting: { say: `220 ${'x'.repeat(500)}`, dripMilliseconds: 40 } }], 'greeting', 'reply-timeout', 'session', null, true, 'ehlo', '{host} answers too slowly to be of use: its reply came in small pieces and did not end in time.'),
  says(['N12', 'answers EHLO without end, line by line', { EHLO: { say: '250-x\n'.repeat(500), dripMilliseconds: 10 } }], 'ehlo', 'reply-timeout', 'session', null, true, 'ehlo', '{host} answers too slowly to be of use: its reply came in small pieces and did not end in time.'),
  says(['N12', 'gives its verdict one byte at a time', { '.': { say: `250 ${'x'.repeat(500)}`, dripMilliseconds: 40 } }], 'dot', 'uncertain', 'session', null, true, 'data', 'The connection broke before {host} confirmed the message; it may or may not have been accepted.'),
  build({ fault: 'N13', what: 'reads nothing more once the body has begun', script: { stopsReadingAt: 'body' } }, 'dot', 'uncertain', 'session', null, true, 'data', 'The connection broke before {host} confirmed the message; it may or may not have been accepted.'),
  build({ fault: 'N16', what: 'is a web server', start: everyConnection((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))) }, 'greeting', 'not-smtp', 'session', null, true, 'ehlo', 'What answers on port {port} of {host} is not a mail server.'),
  says(['N16', 'is a remote login (SSH)', { greeting: 'SSH-2.0-OpenSSH_9.2' }], 'greeting', 'not-smtp', 'session', null, true, 'ehlo', 'What answers on port {port} of {host} is not a mail server but a remote login (SSH).'),
  says(['N16', 'is a mailbox (POP3)', { greeting: '+OK ready' }], 'greeting', 'not-smtp', 'session', null, true, 'ehlo', 'What answers on port {port} of {host} is not a mail server but a mailbox for reading (POP3).'),
  says(['N16', 'is a mailbox (IMAP)', { greeting: '* OK IMAP4rev1' }], 'greeting', 'not-smtp', 'session', null, true, 'ehlo', 'What answers on port {port} of {host} is not a mail server but a mailbox for reading (IMAP).'),
  build({ fault: 'N17', what: 'speaks TLS where plain text is spoken to it', script: { tls: { mode: 'implicit', ...lab.leaf('valid') } } }, 'greeting', 'not-smtp', 'session', null, true, 'tls', 'Port {port} of {host} speaks TLS from the start, but was spoken to in plain text.'),
  build({ fault: 'N17', what: 'speaks plain text where TLS is spoken to it', script: {}, settings: implicit }, 'tls', 'tls-not-spoken', 'session', null, true, 'tls', 'Port {port} of {host} does not speak TLS from the start.'),
  says(['S1', 'greets with 421', { greeting: '421 4.3.2 too busy' }], 'greeting', 'refused', 'session', 421, true, 'ehlo', '{host} is busy or under maintenance and asks to come back later.'),
  says(['S2', 'greets with 554', { greeting: '554 5.7.1 your address is blocked' }], 'greeting', 'refused', 'session', 554, true, 'ehlo', '{host} turned us away before we said anything.'),
  says(['S3', 'says 421 to MAIL', { MAIL: '421 4.3.2 shutting down' }], 'mail', 'refused', 'session', 421, true, 'mail', '{host} is busy or under maintenance and asks to come back later.'),
  says(['S3', 'says 421 to RCPT', { RCPT: '421 4.3.2 shutting down' }], 'rcpt', 'refused', 'session', 421, true, 'rcpt', '{host} is busy or under maintenance and asks to come back later.'),
  says(['S3', 'says 421 to DATA', { DATA: '421 4.3.2 shutting down' }], 'data', 'refused', 'session', 421, true, 'data', '{host} is busy or under maintenance and asks to come back later.'),
  says(['S4', 'says 421 to the final dot', { '.': '421 4.3.2 shutting down' }], 'dot', 'refused', 'session', 421, true, 'data', '{host} is busy or under maintenance and asks to come back later.'),
  says(['S5', 'closes at the greeting', { greeting: close }], 'greeting', 'connection-lost', 'session', null, true, 'ehlo', '{host} closed the connection in the middle of the conversation.'),
  says(['S5', 'closes at MAIL', { MAIL: close }], 'mail', 'connection-lost', 'session', null, true, 'mail', '{host} closed the connection in the middle of the conversation.'),
  says(['S5', 'closes at DATA', { DATA: close }], 'data', 'connection-lost', 'session', null, true, 'data', '{host} closed the connection in the middle of the conversation.'),
  says(['S6', 'defers at MAIL', { MAIL: '451 4.3.0 later' }], 'mail', 'refused', 'sender', 451, true, 'mail', '{host} cannot take the message just now.'),
  says(['S6', 'defers at DATA', { DATA: '451 4.3.0 later' }], 'data', 'refused', 'content', 451, true, 'data', '{host} cannot take the message just now.'),
  says(['S7', 'refuses EHLO', { EHLO: '550 5.7.1 no' }], 'ehlo', 'refused', 'session', 550, true, 'ehlo', '{host} did not accept our hello (EHLO postern.example.com).'),
  says(['S7', 'refuses the sender', { MAIL: '550 5.7.1 sender not allowed' }], 'mail', 'refused', 'sender', 550, false, 'mail', '{host} does not accept mail from billing@example.com.'),
  says(['S7', 'does not know the recipient', { RCPT: '550 5.1.1 no such user' }], 'rcpt', 'refused', 'recipient', 550, false, 'rcpt', '{host} knows no mailbox anna@example.net.'),
  says(['S7', 'does not relay', { RCPT: '554 5.7.1 relay access denied' }], 'rcpt', 'refused', 'recipient', 554, false, 'rcpt', '{host} does not pass on mail to anna@example.net for us.'),
  says(['S7', 'refuses the content', { '.': '554 5.7.1 looks like spam' }], 'dot', 'refused', 'content', 554, false, 'data', '{host} refused the message for its content or its origin.'),
  says(['S8', 'has a full disk, after the dot', { '.': '452 4.3.1 insufficient system storage' }], 'dot', 'refused', 'content', 452, true, 'data', '{host} cannot take the message just now.'),
  says(['S9', 'greylists', { RCPT: '450 4.2.0 greylisted, come back later' }], 'rcpt', 'refused', 'recipient', 450, true, 'rcpt', '{host} does not accept mail for anna@example.net just now.'),
  says(['S10', 'limits the rate at RCPT', { RCPT: '450 4.2.1 receiving mail too quickly' }], 'rcpt', 'refused', 'recipient', 450, true, 'rcpt', '{host} does not accept mail for anna@example.net just now.'),
  says(['S10', 'throttles at the dot', { '.': '454 Throttling failure: Maximum sending rate exceeded' }], 'dot', 'refused', 'content', 454, true, 'data', '{host} says that we send or sign in too often.'),
  says(['S12', 'takes no more recipients', { RCPT: '452 4.5.3 too many recipients' }], 'rcpt', 'refused', 'recipient', 452, true, 'rcpt', '{host} does not accept mail for anna@example.net just now.'),
  build({ fault: 'S13', what: 'does not know the password', script: { capabilities: offersAuth, replies: { AUTH: '535 5.7.8 authentication failed' } }, settings: signIn }, 'auth', 'refused', 'session', 535, true, 'auth', '{host} did not accept the user name or the password (user name: billing@example.com).'),
  build({ fault: 'S13', what: 'wants an app password', script: { capabilities: offersAuth, replies: { AUTH: '534 5.7.9 application-specific password required' } }, settings: signIn }, 'auth', 'refused', 'session', 534, true, 'auth', '{host} wants an app password for billing@example.com, not the normal one.'),
  build({ fault: 'S13', what: 'wants encryption first', script: { capabilities: offersAuth, replies: { AUTH: '538 5.7.11 encryption required' } }, settings: signIn }, 'auth', 'refused', 'session', 538, true, 'auth', 'The connection to {host} on port {port} is not encrypted, so neither password nor message was sent.'),
  build({ fault: 'S13', what: 'wants a sign-in that is not set', script: { capabilities: offersAuth, replies: { MAIL: '530 5.7.0 authentication required' } } }, 'mail', 'refused', 'sender', 530, true, 'mail', '{host} accepts mail only after sign-in.'),
  build({ fault: 'S14', what: 'cannot check the password now', script: { capabilities: offersAuth, replies: { AUTH: '454 4.7.0 temporary authentication failure' } }, settings: signIn }, 'auth', 'refused', 'session', 454, true, 'auth', '{host} could not check the password just now.'),
  build({ fault: 'S13', what: 'offers no sign-in', script: {}, settings: signIn }, 'auth', 'auth-not-offered', 'session', null, true, 'auth', '{host} offers no sign-in on port {port}, though a user name is set.'),
  build({ fault: 'S15', what: 'does not offer STARTTLS', script: {}, settings: starttls }, 'starttls', 'starttls-not-offered', 'session', null, true, 'tls', '{host} does not offer STARTTLS on port {port}, so nothing was sent.'),
  build({ fault: 'S15', what: 'offers STARTTLS and then refuses it', script: { tls: { mode: 'starttls', ...lab.leaf('valid') }, replies: { STARTTLS: '454 4.7.0 not available' } }, settings: starttls }, 'starttls', 'refused', 'session', 454, true, 'tls', '{host} offers STARTTLS on port {port}, but refused to start it.'),
  build({ fault: 'S16', what: 'puts replies behind its answer to STARTTLS', script: { tls: { mode: 'starttls', ...lab.leaf('valid') }, replies: { STARTTLS: { raw: '220 go\r\n250-fake.test\r\n250 AUTH PLAIN\r\n' } } }, settings: starttls }, 'starttls', 'desync', 'session', null, true, 'tls', '{host} gave an answer that does not belong to the question, so Postern hung up.'),
  build({ fault: 'S17', what: 'shows an expired certificate', script: { tls: { mode: 'implicit', ...lab.leaf('expired') } }, settings: { ...implicit, host: 'localhost' } }, 'tls', 'certificate-expired', 'session', null, true, 'tls', 'The certificate of {host} ended on {date}.'),
  build({ fault: 'S17', what: 'shows a certificate for another name', script: { tls: { mode: 'implicit', ...lab.leaf('wrong-name') } }, settings: { ...implicit, host: 'localhost' } }, 'tls', 'certificate-wrong-name', 'session', null, true, 'tls', 'The certificate that {host} shows is for another name: other.test.'),
  build({ fault: 'S17', what: 'shows a self-signed certificate', script: { tls: { mode: 'implicit', ...lab.leaf('self-signed') } }, settings: { ...implicit, host: 'localhost' } }, 'tls', 'certificate-self-signed', 'session', null, true, 'tls', 'The certificate of {host} is self-signed: nobody vouches for it but the server itself.'),
  build({ fault: 'S17', what: 'shows a certificate of an unknown authority', script: { tls: { mode: 'implicit', ...lab.leaf('untrusted') } }, settings: { ...implicit, host: 'localhost' } }, 'tls', 'certificate-untrusted', 'session', null, true, 'tls', 'The certificate of {host} was issued by A stranger, which this machine does not know.'),
  build({ fault: 'S18', what: 'never ends the TLS handshake', start: everyConnection(promiseTls), settings: starttls }, 'tls', 'tls-handshake-timeout', 'session', null, true, 'tls', '{host} did not finish setting up TLS on port {port} in time.'),
  build({ fault: 'S18', what: 'offers nothing newer than TLS 1.1', start: () => listen(createTlsServer(oldTls).on('tlsClientError', () => {})), settings: implicit }, 'tls', 'tls-version-too-old', 'session', null, true, 'tls', '{host} speaks only a version of TLS older than TLS 1.2, the oldest these settings accept.'),
  says(['S19', 'greets twice', { greeting: '220 a\n220 b' }], 'greeting', 'desync', 'session', null, true, 'ehlo', '{host} gave an answer that does not belong to the question, so Postern hung up.'),
  says(['S19', 'answers MAIL twice', { MAIL: '250 ok\n250 ok' }], 'mail', 'desync', 'session', null, true, 'mail', '{host} gave an answer that does not belong to the question, so Postern hung up.'),
  says(['S19', 'leaves out the answer to RCPT', { RCPT: { raw: '\r' } }], 'mail', 'desync', 'session', null, true, 'rcpt', '{host} gave an answer that does not belong to the question, so Postern hung up.'),
  says(['S19', 'says 250 instead of 354', { DATA: '250 ok' }], 'mail', 'desync', 'session', null, true, 'data', '{host} gave an answer that does not belong to the question, so Postern hung up.'),
  says(['S19', 'gives its verdict before the message', { DATA: '354 go\n250 queued' }], 'mail', 'desync', 'session', null, true, 'data', '{host} gave an answer that does not belong to the question, so Postern hung up.'),
  says(['S19', 'says 354 to RCPT', { RCPT: '354 go' }], 'mail', 'desync', 'session', null, true, 'rcpt', '{host} gave an answer that does not belong to the question, so Postern hung up.'),
  says(['S19', 'gives two opposite verdicts', { '.': '250 queued\n554 no' }], 'dot', 'uncertain', 'session', null, true, 'data', 'The connection broke before {host} confirmed the message; it may or may not have been accepted.'),
  says(['S19', 'gives half a verdict and closes', { '.': { raw: '250 2.0.0 que', end: 'close' } }], 'dot', 'uncertain', 'session', null, true, 'data', 'The connection broke before {host} confirmed the message; it may or may not have been accepted.'),
  says(['S19', 'answers with words', { MAIL: 'certainly, sir' }], 'mail', 'desync', 'session', null, true, 'mail', '{host} gave an answer that does not belong to the question, so Postern hung up.'),
  says(['S19', 'changes the code within a reply', { RCPT: '250-ok\n550 no' }], 'mail', 'desync', 'session', null, true, 'rcpt', '{host} gave an answer that does not belong to the question, so Postern hung up.'),
  says(['S20', 'answers with a megabyte', { EHLO: `250-${'x'.repeat(1000)}\n`.repeat(1000) }], 'ehlo', 'desync', 'session', null, true, 'ehlo', '{host} gave an answer that does not belong to the question, so Postern hung up.'),
  build({ fault: 'S26', what: 'takes messages of ten bytes only', script: { capabilities: ['SIZE 10'] } }, 'mail', 'message-too-large', 'content', null, false, 'mail', 'The message is larger than {host} accepts (1 KB).'),
  build({ fault: 'S27', what: 'does not know SMTPUTF8', script: { capabilities: pipelining }, to: 'jörg@example.net' }, 'rcpt', 'smtputf8-not-offered', 'recipient', null, false, 'rcpt', '{host} cannot handle addresses with letters beyond ASCII before the @.'),
  says(['S30', 'wants the message though it refused the recipient', { RCPT: '550 5.1.1 no such user', DATA: '354 go' }], 'rcpt', 'refused', 'recipient', 550, false, 'rcpt', '{host} knows no mailbox anna@example.net.'),
  says(['S30', 'wants the message though it refused the sender', { MAIL: '550 5.7.1 no', RCPT: '250 ok', DATA: '354 go' }], 'mail', 'refused', 'sender', 550, false, 'mail', '{host} does not accept mail from billing@example.com.'),
  works('S3', 'says 421 behind its verdict', { replies: { '.': '250 queued\n421 closing' } }),
  works('S5', 'closes behind its verdict', { replies: { '.': { say: '250 queued', end: 'close' } } }),
  works('S5', 'answers no QUIT', { replies: { QUIT: close } }),
  works('S20', 'puts NUL and other bytes into replies', { replies: { MAIL: { raw: '250 \0\xff ok\r\n' } } }),
  works('S20', 'ends lines with LF alone', { replies: { RCPT: { raw: '250 ok\n' } } }),
  works('S20', 'drips, but in time', { replies: { RCPT: { say: '250 ok', dripMilliseconds: 5 } } }),
  works('S21', 'knows no EHLO', { replies: { EHLO: '502 what?' } }),
  works('S26', 'announces SIZE and does not understand it', { replies: { MAIL: ['555 5.5.4 SIZE?', '250 ok'], RCPT: ['250 ok'], DATA: ['354 go'] }, capabilities: ['SIZE'] }),
  works('S27', 'announces CHUNKING and does not know BDAT', { capabilities: ['PIPELINING', 'CHUNKING'], replies: { BDAT: '502 what?' } }),
];

const cell = (text: string) => text.replaceAll('|', '\\|');

/** The page docs/zoo.md. */
export function writeZoo(animals: readonly Animal[] = zoo): string {
  const rows = animals.map(({ fault, what, outcome, isRetried, step, says: sentence }) => {
    const told =
      outcome === 'sent'
        ? ['**sent**', '', '']
        : [
            `${outcome.kind}${outcome.code === undefined ? '' : ` ${outcome.code}`} at ${outcome.phase}, ${outcome.scope}`,
            isRetried ? 'yes' : 'no',
            `${step}: ${sentence}`,
          ];
    return `| ${fault} | ${cell(what)} | ${told.map(cell).join(' | ')} |\n`;
  });
  return `# The zoo: what Postern makes of broken and odd servers

Generated by \`npm run generate\` from \`test/zoo.ts\`; \`server/smtp/zoo.test.ts\` runs each of them. The outcome is what the session
reports: what failed and where, and what it concerns (the session, the sender, the recipient, the content). *Again* says
whether the same mail is worth trying again. The sentence is what the test of SMTP settings says, with the rung it stops at.
None hangs, and none that fails is called sent.

| Fault | The server | Outcome | Again | The test says |
|---|---|---|---|---|
${rows.join('')}`;
}
