/** The real mail servers that interoperability is tested against, in one shape. All can be started side by side. */
import path from 'node:path';
import { SMTPServer, type SMTPServerAuthentication, type SMTPServerOptions } from 'smtp-server';
import packageJson from 'smtp-server/package.json' with { type: 'json' };
import { tlsLab } from '../tls-lab.ts';
import { hasExim, startExim } from './exim.ts';
import { type ArrivedMessage, createMaildirReader, type MailPeer } from './mail-peer.ts';
import { hasOpenSmtpd, startOpenSmtpd } from './opensmtpd.ts';
import { hasPostfix, startPostfix } from './postfix.ts';

export interface PeerStart {
  name: string;
  /** Whether it can run here; in CI it must. */
  isHere: boolean;
  /** SASL mechanisms it is set up to offer: all it has but those that need another house (GSSAPI, NTLM) or are no secret. */
  mechanisms: readonly string[];
  start: () => Promise<MailPeer>;
}

const withScram = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'CRAM-MD5', 'PLAIN', 'LOGIN'];
const ofSmtpServer = ['CRAM-MD5', 'PLAIN', 'LOGIN', 'XOAUTH2'];

export const peerStarts: readonly PeerStart[] = [
  { name: 'Postfix', isHere: hasPostfix, mechanisms: withScram, start: startPostfixPeer },
  { name: 'Exim', isHere: hasExim, mechanisms: withScram, start: startExim },
  { name: 'OpenSMTPD', isHere: hasOpenSmtpd, mechanisms: ['PLAIN', 'LOGIN'], start: startOpenSmtpd },
  { name: 'smtp-server', isHere: true, mechanisms: ofSmtpServer, start: startSmtpServer },
];

async function startPostfixPeer(): Promise<MailPeer> {
  const postfix = await startPostfix();
  const { submissionPort, smtpsPort, username, password, certificatePem, readLog, stop } = postfix;
  return {
    name: 'Postfix',
    // Its log may come later than its greeting.
    get version() {
      return /daemon started -- version ([^\s,]+)/.exec(readLog())?.[1] ?? 'unknown';
    },
    host: 'localhost',
    starttlsPort: submissionPort,
    tlsPort: smtpsPort,
    username,
    password,
    certificatePem,
    readArrived: createMaildirReader(
      path.join(postfix.mailFolder, 'new'),
      (head) => /^Delivered-To: (.*)$/m.exec(head)?.[1],
    ),
    // A message of its own, such as a notification, comes from nobody.
    countAccepted: () => [...readLog().matchAll(/qmgr\[\d+\]: \w+: from=<[^>]+>.*queue active/g)].length,
    readLog,
    stop,
  };
}

/** The npm package, with an account and nothing behind it. */
async function startSmtpServer(): Promise<MailPeer> {
  const leaf = tlsLab().leaf('valid');
  const username = 'sender@smtp-server.postern.test';
  const password = 'A password of smtp-server: ü "quoted"';
  const accessToken = 'ya29.a-token_of~smtp-server/1+2==';
  const arrived: ArrivedMessage[] = [];
  let accepted = 0;
  const isRight = (auth: SMTPServerAuthentication) => {
    if (auth.username !== username) return false;
    if (auth.method === 'CRAM-MD5') return auth.validatePassword(password);
    return auth.method === 'XOAUTH2' ? auth.accessToken === accessToken : auth.password === password;
  };
  const options: SMTPServerOptions = {
    key: leaf.key,
    cert: leaf.cert,
    authMethods: ofSmtpServer,
    size: 50_000_000,
    disableReverseLookup: true,
    hideDSN: false,
    logger: false,
    onAuth: (auth, _session, done) => done(isRight(auth) ? null : new Error('wrong'), { user: username }),
    onData: (stream, session, done) => {
      const blocks: Buffer[] = [];
      stream.on('data', (block: Buffer) => blocks.push(block));
      stream.on('end', () => {
        accepted += 1;
        for (const { address } of session.envelope.rcptTo) arrived.push({ to: address, bytes: Buffer.concat(blocks) });
        done();
      });
    },
  };
  const servers = [new SMTPServer(options), new SMTPServer({ ...options, secure: true })];
  const [starttlsPort = 0, tlsPort = 0] = await Promise.all(servers.map(listen));
  return {
    name: 'smtp-server',
    version: packageJson.version,
    host: 'localhost',
    starttlsPort,
    tlsPort,
    username,
    password,
    accessToken,
    certificatePem: tlsLab().ca,
    readArrived: () => [...arrived],
    countAccepted: () => accepted,
    readLog: () => 'it keeps no log',
    stop: async () => {
      await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(resolve))));
    },
  };
}

async function listen(server: SMTPServer): Promise<number> {
  // Connections that end before their TLS does, such as of a test that does not trust the certificate.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
