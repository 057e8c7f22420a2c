/**
 * Debian's OpenSMTPD, unpacked and run in a jail: its own configuration, queue, mailbox, certificate and ports. Both doors
 * insist on TLS and then on AUTH; whatever it takes is delivered to one Maildir. It forwards nothing.
 */
import { execFileSync } from 'node:child_process';
import { tlsLab } from '../tls-lab.ts';
import { findFreePort } from './free-port.ts';
import { findMailServer, isCi, isRoot } from './installed.ts';
import { buildJail } from './jail.ts';
import { createMaildirReader, type MailPeer, waitUntilListening } from './mail-peer.ts';

/** Whether OpenSMTPD can run here. In CI it must, so there its tests run, and fail. */
export const hasOpenSmtpd = (findMailServer('opensmtpd') !== null && isRoot) || isCi;

export const openSmtpdPrograms = ['usr/sbin/smtpd', 'usr/sbin/smtpctl', 'usr/libexec/opensmtpd/mail.maildir'];

const program = '/usr/sbin/smtpd';
const people = { opensmtpd: 60001, opensmtpq: 60002, mailbox: 60003 };

/** @throws with its log when it does not start. */
export async function startOpenSmtpd(): Promise<MailPeer> {
  const root = findMailServer('opensmtpd');
  if (!root) throw new Error('OpenSMTPD is not unpacked: run `npm test`, which brings it on Debian');
  const jail = buildJail({ name: 'opensmtpd', root, programs: openSmtpdPrograms, people });
  const [starttlsPort, tlsPort] = [await findFreePort(), await findFreePort()];
  const username = 'sender@opensmtpd.postern.test';
  const password = 'A password of OpenSMTPD: ü "quoted"';
  const lab = tlsLab();
  const leaf = lab.leaf('valid');
  jail.addFile('/etc/certificate.pem', leaf.cert);
  jail.addFile('/etc/key.pem', leaf.key, 0o600);
  // Looked for at the start, though it is for mail that leaves.
  jail.addFile('/etc/ssl/certs/ca-certificates.crt', lab.ca);
  // Its own `encrypt` makes hashes that cost a tenth of a second at each sign-in.
  const encrypted = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password, encoding: 'utf8' }).trim();
  jail.addFile('/etc/accounts', `${username} ${encrypted}\n`, 0o600, people.opensmtpd);
  jail.addFile('/etc/mailname', 'opensmtpd.postern.test\n');
  jail.addFile('/etc/smtpd.conf', configure(starttlsPort, tlsPort), 0o600);
  jail.addFolder('/var/lib/opensmtpd/empty');
  jail.addFolder('/var/spool/smtpd', 0o711);
  jail.addFolder('/var/run');
  jail.addFolder('/mail', 0o700, people.mailbox);
  jail.addFolder('/home/mailbox', 0o700, people.mailbox);

  const daemon = jail.start(program, ['-d']);
  const stop = async () => {
    await daemon.stop();
    jail.remove();
  };
  try {
    for (const port of [starttlsPort, tlsPort]) await waitUntilListening(port, daemon.hasEnded);
  } catch (error) {
    await stop();
    throw new Error(`OpenSMTPD did not start: ${(error as Error).message}\n${daemon.readOutput()}`);
  }
  return {
    name: 'OpenSMTPD',
    version: /OpenSMTPD (\S+) starting/.exec(daemon.readOutput())?.[1] ?? 'unknown',
    host: 'localhost',
    starttlsPort,
    tlsPort,
    username,
    password,
    certificatePem: lab.ca,
    readArrived: createMaildirReader(jail.at('/mail/inbox/new'), (head) => /^Delivered-To: (.*)$/m.exec(head)?.[1]),
    countAccepted: () => [...daemon.readOutput().matchAll(/ smtp message msgid=/g)].length,
    readLog: daemon.readOutput,
    stop,
  };
}

function configure(starttlsPort: number, tlsPort: number): string {
  return `
pki lab cert "/etc/certificate.pem"
pki lab key "/etc/key.pem"
table accounts file:/etc/accounts
table everybody { "@" = "mailbox" }
smtp limit max-mails 1000
listen on 127.0.0.1 port ${starttlsPort} tls-require pki lab hostname opensmtpd.postern.test auth <accounts>
listen on 127.0.0.1 port ${tlsPort} smtps pki lab hostname opensmtpd.postern.test auth <accounts>
action "inbox" maildir "/mail/inbox" virtual <everybody>
match auth from any for any action "inbox"
`;
}
