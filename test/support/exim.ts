/**
 * Debian's Exim (exim4-daemon-heavy), unpacked and run in a jail: its own configuration, spool, mailbox, certificate and
 * ports. Both doors insist on TLS and then on AUTH; whatever it takes is delivered to one Maildir. It forwards nothing.
 * SCRAM comes from Cyrus SASL; Debian builds Exim without GNU SASL.
 */
import { existsSync, readFileSync } from 'node:fs';
import { tlsLab } from '../tls-lab.ts';
import { findFreePort } from './free-port.ts';
import { findMailServer, isCi, isRoot } from './installed.ts';
import { buildJail, type Jail } from './jail.ts';
import { createMaildirReader, type MailPeer, waitUntilListening } from './mail-peer.ts';

/** Whether Exim can run here. In CI it must, so there its tests run, and fail. */
export const hasExim = (findMailServer('exim') !== null && isRoot) || isCi;

export const eximPrograms = ['usr/sbin/exim4', 'usr/sbin/saslpasswd2'];

const program = '/usr/sbin/exim4';
const owner = 60001;
const mailOwner = 60002;
const realm = 'exim.postern.test';
const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as string] ?? '';
const moduleFolder = `usr/lib/${triplet}/sasl2`;

/** @throws with its log when it does not start. */
export async function startExim(): Promise<MailPeer> {
  const root = findMailServer('exim');
  if (!root) throw new Error('Exim is not unpacked: run `npm test`, which brings it on Debian');
  const jail = buildJail({
    name: 'exim',
    root,
    programs: eximPrograms,
    moduleFolders: [moduleFolder],
    people: { 'Debian-exim': owner, mailbox: mailOwner },
  });
  const [starttlsPort, tlsPort] = [await findFreePort(), await findFreePort()];
  const username = `sender@${realm}`;
  const password = 'A password of Exim: ü "quoted"';
  const lab = tlsLab();
  const leaf = lab.leaf('valid');
  jail.addFile('/etc/exim4/certificate.pem', leaf.cert);
  jail.addFile('/etc/exim4/key.pem', leaf.key, 0o600, owner);
  jail.addFile('/etc/exim4/accounts', `${username}: ${password}\n`, 0o600, owner);
  jail.addFile('/etc/exim4/exim4.conf', configure(starttlsPort, tlsPort));
  for (const folder of ['/var/spool/exim4', '/var/log/exim4', '/run/exim4']) jail.addFolder(folder, 0o750, owner);
  jail.addFolder('/mail', 0o700, mailOwner);
  addSaslAccount(jail, username, password);

  const version = /^Exim version (\S+)/.exec(jail.run(program, ['-bV']))?.[1] ?? 'unknown';
  const daemon = jail.start(program, ['-bdf']);
  const readMainLog = () => {
    const file = jail.at('/var/log/exim4/mainlog');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const readLog = () => daemon.readOutput() + readMainLog();
  const stop = async () => {
    await daemon.stop();
    jail.remove();
  };
  try {
    for (const port of [starttlsPort, tlsPort]) await waitUntilListening(port, () => daemon.hasEnded());
  } catch (error) {
    const log = readLog();
    await stop();
    throw new Error(`Exim did not start: ${(error as Error).message}\n${log}`);
  }
  return {
    name: 'Exim',
    version,
    host: 'localhost',
    starttlsPort,
    tlsPort,
    username,
    password,
    certificatePem: lab.ca,
    readArrived: createMaildirReader(jail.at('/mail/inbox/new'), (head) => /^Envelope-to: (.*)$/m.exec(head)?.[1]),
    countAccepted: () => [...readMainLog().matchAll(/ <= /g)].length,
    readLog,
    stop,
  };
}

/** Cyrus SASL keeps the passwords for SCRAM in a file of its own. */
function addSaslAccount(jail: Jail, username: string, password: string): void {
  const [name = '', domain = ''] = username.split('@');
  const accounts = '/etc/exim4/sasldb2';
  jail.run('/usr/sbin/saslpasswd2', ['-p', '-c', '-f', accounts, '-u', domain, name], password);
  jail.giveTo(accounts, owner);
  jail.addFile(
    `/${moduleFolder}/exim.conf`,
    `pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: ${accounts}\n`,
  );
}

function configure(starttlsPort: number, tlsPort: number): string {
  const secretOf = (name: string) => `\${lookup{$${name}}lsearch{/etc/exim4/accounts}{$value}fail}`;
  const isRight = (name: string, password: string) =>
    `\${if eq{$${password}}{\${lookup{$${name}}lsearch{/etc/exim4/accounts}{$value}{}}}{\${if eq{$${password}}{}{no}{yes}}}{no}}`;
  const scram = (hash: string) => `
scram_${hash.toLowerCase().replace('-', '')}:
  driver = cyrus_sasl
  public_name = SCRAM-${hash}
  server_realm = ${realm}
  server_hostname = ${realm}
  server_set_id = $auth1
`;
  return `
primary_hostname = exim.postern.test
exim_path = ${program}
spool_directory = /var/spool/exim4
log_file_path = /var/log/exim4/%slog
pid_file_path = /run/exim4/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${starttlsPort} : ${tlsPort}
tls_on_connect_ports = ${tlsPort}
tls_advertise_hosts = *
tls_certificate = /etc/exim4/certificate.pem
tls_privatekey = /etc/exim4/key.pem
auth_advertise_hosts = \${if def:tls_in_cipher{*}{}}
smtputf8_advertise_hosts = *
chunking_advertise_hosts = *
dsn_advertise_hosts = *
rfc1413_query_timeout = 0s
smtp_accept_max = 200
smtp_accept_queue_per_connection = 0
acl_smtp_rcpt = check_recipient
acl_smtp_data = accept
notifier_socket =
keep_environment =

begin acl
check_recipient:
  deny message = Speak TLS first
       condition = \${if def:tls_in_cipher{no}{yes}}
  accept authenticated = *
  deny message = Sign in first

begin routers
inbox:
  driver = accept
  transport = inbox

begin transports
inbox:
  driver = appendfile
  maildir_format
  directory = /mail/inbox
  create_directory
  user = mailbox
  group = mailbox
  envelope_to_add

begin retry
* * F,1h,1m

begin authenticators
${scram('SHA-256')}${scram('SHA-1')}
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${secretOf('auth1')}
  server_set_id = $auth1

plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${isRight('auth2', 'auth3')}
  server_set_id = $auth2

login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${isRight('auth1', 'auth2')}
  server_set_id = $auth1
`;
}
