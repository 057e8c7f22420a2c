/**
 * Debian's Postfix, unpacked and run from the cache: its own configuration, queue, data, mailbox, certificate and ports,
 * all in a temporary folder. Two doors: `submissionPort` insists on STARTTLS and then on AUTH (Cyrus SASL, sasldb), and
 * `smtpsPort` speaks TLS from the first byte and insists on AUTH too. Whatever it takes is delivered to one Maildir, so a
 * test can read what arrived, byte for byte. It forwards nothing.
 *
 * Postfix is a server for root: its parts give up that right one by one. Without root its tests are left out, loudly.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { findFreePort } from './free-port.ts';
import { findPostfix, isCi, isRoot } from './installed.ts';
import { libraryFolders } from './jail.ts';

export interface Postfix {
  host: '127.0.0.1';
  submissionPort: number;
  smtpsPort: number;
  username: string;
  password: string;
  /** For 127.0.0.1 and localhost; itself its authority. */
  certificatePem: string;
  /** The Maildir that everything is delivered to. */
  mailFolder: string;
  /** Waits for as many messages as named; @returns all that arrived, as files hold them (LF line ends), oldest first. */
  waitForMessages: (count: number) => Promise<string[]>;
  readLog: () => string;
  stop: () => Promise<void>;
}

/** Whether Postfix can run here. In CI it must, so there its tests run, and fail. */
export const hasPostfix = (findPostfix() !== null && isRoot) || isCi;

/** What must find its libraries. */
export const postfixPrograms = ['usr/lib/postfix/sbin/master', 'usr/lib/postfix/sbin/smtpd', 'usr/sbin/saslpasswd2'];

const realm = 'postern.test';
const limitMs = 15_000;

/**
 * @param relayPort where all mail goes instead of the mailbox; then `submissionPort` takes it from this machine, unencrypted
 * @throws with the last lines of its log when it does not start
 */
export async function startPostfix(relayPort: number | null = null): Promise<Postfix> {
  const root = findPostfix();
  if (!root) throw new Error('Postfix is not unpacked: run `npm test`, which brings it on Debian');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-postfix-'));
  chmodSync(folder, 0o755);
  const [submissionPort, smtpsPort] = [await findFreePort(), await findFreePort()];
  const place = layOut(folder);
  const username = `sender@${realm}`;
  const password = 'A password of Postfix: ü "quoted"';
  writeCertificate(place);
  writeAccount(root, place, username, password);
  writeConfiguration(root, place, submissionPort, smtpsPort, relayPort);

  const program = path.join(root, 'usr/lib/postfix/sbin/master');
  const master = spawn(program, ['-c', place.configuration, '-s', '-d'], {
    cwd: folder,
    env: environment(root, place),
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  let words = '';
  master.stderr.setEncoding('utf8').on('data', (text: string) => {
    words += text;
  });
  const ended = new Promise<void>((resolve) => master.once('exit', () => resolve()));
  const readLog = () => words + (existsSync(place.log) ? readFileSync(place.log, 'utf8') : '');
  const stop = async () => {
    if (master.exitCode === null && master.signalCode === null) master.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const port of [submissionPort, smtpsPort]) await waitUntilListening(port, () => master.exitCode !== null);
  } catch (error) {
    const log = readLog();
    await stop();
    throw new Error(`Postfix did not start: ${(error as Error).message}\n${log}`);
  }
  return {
    host: '127.0.0.1',
    submissionPort,
    smtpsPort,
    username,
    password,
    certificatePem: readFileSync(place.certificate, 'utf8'),
    mailFolder: path.join(place.mailbox, 'inbox'),
    waitForMessages: (count) => waitForMessages(path.join(place.mailbox, 'inbox/new'), count, readLog),
    readLog,
    stop,
  };
}

type Place = ReturnType<typeof layOut>;

/** Postfix wants three different people: one for its queue, one for deliveries, and a group for its command line. */
function layOut(folder: string) {
  const owner = findId('/etc/passwd', ['postfix', 'daemon']);
  const group = findId('/etc/group', ['postdrop', 'utmp', 'games']);
  const place = {
    folder,
    owner,
    group,
    configuration: path.join(folder, 'etc'),
    queue: path.join(folder, 'queue'),
    data: path.join(folder, 'data'),
    mailbox: path.join(folder, 'mail'),
    log: path.join(folder, 'log/mail.log'),
    certificate: path.join(folder, 'etc/certificate.pem'),
    key: path.join(folder, 'etc/key.pem'),
    accounts: path.join(folder, 'etc/accounts.db'),
  };
  for (const name of ['etc', 'queue', 'data', 'mail', 'log']) mkdirSync(path.join(folder, name));
  mkdirSync(path.join(place.queue, 'pid'));
  const queues = 'active bounce corrupt defer deferred flush hold incoming private trace saved'.split(' ');
  for (const name of queues) {
    mkdirSync(path.join(place.queue, name), { mode: 0o700 });
    chownSync(path.join(place.queue, name), owner.id, 0);
  }
  for (const name of ['public', 'maildrop']) {
    mkdirSync(path.join(place.queue, name));
    chmodSync(path.join(place.queue, name), name === 'public' ? 0o2710 : 0o1730);
    chownSync(path.join(place.queue, name), owner.id, group.id);
  }
  for (const name of ['data', 'mail']) chownSync(path.join(folder, name), owner.id, 0);
  return place;
}

function writeCertificate(place: Place): void {
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
  const result = spawnSync(
    'openssl',
    ['req', ...kind, '-subj', '/CN=localhost', '-addext', names, '-keyout', place.key, '-out', place.certificate],
    { encoding: 'utf8' },
  );
  if (result.status !== 0) throw new Error(`openssl: ${result.stderr || result.error?.message}`);
}

function writeAccount(root: string, place: Place, username: string, password: string): void {
  const [name = '', domain = ''] = username.split('@');
  execFileSync(path.join(root, 'usr/sbin/saslpasswd2'), ['-p', '-c', '-f', place.accounts, '-u', domain, name], {
    input: password,
    env: environment(root, place),
  });
  chownSync(place.accounts, place.owner.id, 0);
  // Debian's build looks in this sub-folder, whatever cyrus_sasl_config_path says.
  mkdirSync(path.join(place.configuration, 'sasl'));
  const methods = 'mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256';
  const lines = ['pwcheck_method: auxprop', 'auxprop_plugin: sasldb', `sasldb_path: ${place.accounts}`, methods, ''];
  writeFileSync(path.join(place.configuration, 'sasl/smtpd.conf'), lines.join('\n'));
}

/** What differs where it relays; the rest is Postfix's own defaults. */
const relaying = (port: number) => ({
  relayhost: `[127.0.0.1]:${port}`,
  smtp_dns_support_level: 'disabled',
  smtp_host_lookup: 'native',
  mynetworks: '127.0.0.0/8',
  virtual_mailbox_domains: '',
  smtpd_tls_auth_only: 'no',
  smtpd_recipient_restrictions: '',
  smtpd_relay_restrictions: 'permit_mynetworks, reject',
});

function writeConfiguration(
  root: string,
  place: Place,
  submissionPort: number,
  smtpsPort: number,
  relayPort: number | null,
): void {
  const settings = {
    compatibility_level: '3.6',
    myhostname: 'postfix.postern.test',
    mydestination: '',
    mynetworks: '',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    queue_directory: place.queue,
    data_directory: place.data,
    daemon_directory: path.join(root, 'usr/lib/postfix/sbin'),
    command_directory: path.join(root, 'usr/sbin'),
    shlib_directory: path.join(root, 'usr/lib/postfix'),
    meta_directory: place.configuration,
    mail_owner: place.owner.name,
    setgid_group: place.group.name,
    default_privs: 'nobody',
    import_environment: 'MAIL_CONFIG MAIL_LOGTAG TZ LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME LD_LIBRARY_PATH SASL_PATH',
    maillog_file: place.log,
    maillog_file_prefixes: place.folder,
    alias_maps: '',
    alias_database: '',
    local_recipient_maps: '',
    // Every address there is belongs to one mailbox.
    virtual_mailbox_domains: 'static:all',
    virtual_mailbox_maps: 'static:inbox/',
    virtual_mailbox_base: place.mailbox,
    virtual_uid_maps: `static:${place.owner.id}`,
    virtual_gid_maps: `static:${place.owner.groupId}`,
    virtual_minimum_uid: '1',
    smtpd_sasl_auth_enable: 'yes',
    smtpd_sasl_type: 'cyrus',
    smtpd_sasl_path: 'smtpd',
    smtpd_sasl_local_domain: realm,
    cyrus_sasl_config_path: path.join(place.configuration, 'sasl'),
    smtpd_tls_cert_file: place.certificate,
    smtpd_tls_key_file: place.key,
    smtpd_tls_auth_only: 'yes',
    smtpd_recipient_restrictions: 'permit_sasl_authenticated, reject',
    smtpd_relay_restrictions: 'permit_sasl_authenticated, reject',
    smtpd_client_restrictions: '',
    smtpd_delay_reject: 'yes',
    ...(relayPort !== null && relaying(relayPort)),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  writeFileSync(path.join(place.configuration, 'main.cf'), `${lines.join('\n')}\n`);
  const internal = (name: string, type: string, mayBePrivate: string, wakeUp = '-', limit = '-', command = name) =>
    `${name} ${type} ${mayBePrivate} - n ${wakeUp} ${limit} ${command}`;
  const services = [
    `127.0.0.1:${submissionPort} inet n - n - - smtpd -o smtpd_tls_security_level=${relayPort === null ? 'encrypt' : 'none'}`,
    `127.0.0.1:${smtpsPort} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes`,
    internal('cleanup', 'unix', 'n', '-', '0'),
    internal('qmgr', 'unix', 'n', '300', '1'),
    internal('rewrite', 'unix', '-', '-', '-', 'trivial-rewrite'),
    internal('tlsmgr', 'unix', '-', '1000?', '1'),
    internal('bounce', 'unix', '-', '-', '0'),
    internal('defer', 'unix', '-', '-', '0', 'bounce'),
    internal('trace', 'unix', '-', '-', '0', 'bounce'),
    internal('flush', 'unix', 'n', '1000?', '0'),
    internal('proxymap', 'unix', '-'),
    internal('error', 'unix', '-'),
    internal('retry', 'unix', '-', '-', '-', 'error'),
    internal('discard', 'unix', '-'),
    'virtual unix - n n - - virtual',
    internal('smtp', 'unix', '-'),
    internal('anvil', 'unix', '-', '-', '1'),
    internal('scache', 'unix', '-', '-', '1'),
    internal('postlog', 'unix-dgram', 'n', '-', '1', 'postlogd'),
  ];
  writeFileSync(path.join(place.configuration, 'master.cf'), `${services.join('\n')}\n`);
}

/** Postfix keeps some of its libraries for itself. */
export const postfixLibraries = (root: string) => [path.join(root, 'usr/lib/postfix'), ...libraryFolders(root)];

function environment(root: string, place: Place): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    LANG: 'C',
    MAIL_CONFIG: place.configuration,
    LD_LIBRARY_PATH: postfixLibraries(root).join(':'),
    SASL_PATH: postfixLibraries(root)
      .map((folder) => path.join(folder, 'sasl2'))
      .filter((folder) => existsSync(folder))
      .join(':'),
  };
}

function findId(file: '/etc/passwd' | '/etc/group', names: string[]): { name: string; id: number; groupId: number } {
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const name of names) {
    const fields = lines.map((line) => line.split(':')).find((line) => line[0] === name);
    if (fields) return { name, id: Number(fields[2]), groupId: Number(fields[3]) };
  }
  throw new Error(`${file} has none of ${names.join(', ')}`);
}

async function waitUntilListening(port: number, hasEnded: () => boolean): Promise<void> {
  const until = performance.now() + limitMs;
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    if (hasEnded()) throw new Error('it ended');
    if (performance.now() > until) throw new Error(`nothing listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

async function waitForMessages(folder: string, count: number, readLog: () => string): Promise<string[]> {
  const until = performance.now() + limitMs;
  for (;;) {
    const names = existsSync(folder) ? (await readdir(folder)).sort() : [];
    if (names.length >= count) return Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
    if (performance.now() > until) {
      throw new Error(`${names.length} of ${count} messages arrived. Postfix says:\n${readLog()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
