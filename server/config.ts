/**
 * Every environment variable that Postern reads, with its default and the reason it exists; nothing else reads
 * process.env. Each can be given as NAME_FILE, the path of a file that holds the value. What can be changed without a
 * restart is not here: it lives in the database and is edited on the screen.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseAddress } from './database/open.ts';

export interface Config {
  host: string;
  port: number;
  /** Without a slash at the end. */
  publicUrl: string;
  dataFolder: string;
  database: DatabaseAddress;
  /** Null: a key file in the data folder. */
  secretKey: Buffer | null;
  firstAdministrator: { email: string; password: string } | null;
  /** Null: no sandbox. */
  sandboxPort: number | null;
  denyPrivateHosts: boolean;
  logLevel: string;
  /** For the crash proof: where the process kills itself. Not documented, because nobody else wants it. */
  killAt: string;
  /** What does not stop the start, but is hardly meant. */
  warnings: string[];
}

interface Variable {
  name: string;
  /** As the documentation shows it. */
  fallback: string;
  reason: string;
}

/** In the order of the documentation. */
export const variables: readonly Variable[] = [
  {
    name: 'POSTERN_HOST',
    fallback: '127.0.0.1',
    reason: 'The address the pages and the API listen on; `0.0.0.0` for all.',
  },
  { name: 'POSTERN_PORT', fallback: '2580', reason: 'Their port; `0` takes any free one.' },
  {
    name: 'POSTERN_PUBLIC_URL',
    fallback: 'http://HOST:PORT',
    reason:
      'How browsers reach Postern. Links in mails are built from it alone, and with `https://` cookies are sent over TLS only.',
  },
  {
    name: 'POSTERN_DATA_DIR',
    fallback: './data',
    reason: 'The folder of the embedded database and the key file. Back it up.',
  },
  {
    name: 'POSTERN_DATABASE_URL',
    fallback: 'SQLite in the data folder',
    reason: '`postgres://user:password@host/database` to use PostgreSQL 15 or newer.',
  },
  {
    name: 'POSTERN_SECRET_KEY',
    fallback: 'a key file (mode 0600) in the data folder',
    reason:
      'Unlocks the stored SMTP passwords: 32 bytes, as 64 hexadecimal digits or base64. Give it to keep the key apart from the data.',
  },
  {
    name: 'POSTERN_ADMIN_EMAIL',
    fallback: '',
    reason:
      'With the password below: creates the first administrator at the first start. Without: the console prints a link.',
  },
  {
    name: 'POSTERN_ADMIN_PASSWORD',
    fallback: '',
    reason: 'At least 8 characters, better 12 or more. Looked at only while nobody exists.',
  },
  {
    name: 'POSTERN_SANDBOX_PORT',
    fallback: '1025',
    reason: 'Where the sandbox takes mail, on loopback only; `off` for none.',
  },
  {
    name: 'POSTERN_DENY_PRIVATE_HOSTS',
    fallback: 'off',
    reason:
      '`on` refuses to connect to private and loopback addresses. Link-local and cloud metadata addresses are always refused.',
  },
  {
    name: 'POSTERN_LOG_LEVEL',
    fallback: 'info',
    reason: 'One of trace, debug, info, warn, error, silent. Logs are JSON lines on standard output.',
  },
];

export class ConfigError extends Error {
  /** One line per fault, each naming its variable. */
  readonly faults: string[];
  constructor(faults: string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/** @throws ConfigError with every fault at once. */
export const readConfig = (environment: NodeJS.ProcessEnv = process.env): Config => {
  const faults: string[] = [];
  const read = (name: string): string => {
    const direct = environment[name]?.trim() ?? '';
    const file = environment[`${name}_FILE`]?.trim() ?? '';
    if (!file) return direct;
    if (direct) {
      faults.push(`${name}: given twice, as ${name} and as ${name}_FILE; remove one of them`);
      return '';
    }
    try {
      return readFileSync(file, 'utf8').trim();
    } catch (error) {
      faults.push(
        `${name}_FILE: cannot read ${file} (${(error as NodeJS.ErrnoException).code}); give the path of a readable file`,
      );
      return '';
    }
  };
  const fault = (name: string, text: string) => faults.push(`${name}: ${text}`);

  const warnings: string[] = [];
  const known = new Set(['POSTERN_KILL_AT', ...variables.flatMap(({ name }) => [name, `${name}_FILE`])]);
  for (const name of Object.keys(environment)) {
    if (name.startsWith('POSTERN_') && !known.has(name)) {
      warnings.push(`${name}: there is no such variable; look for a typing error in its name`);
    }
  }

  const host = read('POSTERN_HOST') || '127.0.0.1';
  if (!/^[\w.:-]+$/.test(host))
    fault('POSTERN_HOST', 'not an address to listen on; give one such as 127.0.0.1 or 0.0.0.0');
  const port = readPort('POSTERN_PORT', read('POSTERN_PORT') || '2580', fault, 0);
  const sandboxText = read('POSTERN_SANDBOX_PORT') || '1025';
  const sandboxPort =
    sandboxText === 'off' ? null : readPort('POSTERN_SANDBOX_PORT', sandboxText, fault, 0, ' or "off"');
  if (port !== 0 && port === sandboxPort)
    fault('POSTERN_SANDBOX_PORT', `${port} is already POSTERN_PORT; give another`);

  const publicUrl = readPublicUrl(read('POSTERN_PUBLIC_URL'), host, port, fault);
  const dataFolder = path.resolve(read('POSTERN_DATA_DIR') || './data');
  const database = readDatabase(read('POSTERN_DATABASE_URL'), dataFolder, fault);
  const secretKey = readSecretKey(read('POSTERN_SECRET_KEY'), fault);

  const email = read('POSTERN_ADMIN_EMAIL');
  const password = read('POSTERN_ADMIN_PASSWORD');
  if (email && !/^[^\s@]+@[^\s@]+$/.test(email)) fault('POSTERN_ADMIN_EMAIL', 'not an e-mail address');
  if (email && !password)
    fault('POSTERN_ADMIN_PASSWORD', 'missing, though POSTERN_ADMIN_EMAIL is given; give both or neither');
  if (password && !email)
    fault('POSTERN_ADMIN_EMAIL', 'missing, though POSTERN_ADMIN_PASSWORD is given; give both or neither');
  if (password && (password.length < 8 || password.length > 128)) {
    fault('POSTERN_ADMIN_PASSWORD', 'give 8 to 128 characters, better 12 or more');
  }

  const logLevel = read('POSTERN_LOG_LEVEL') || 'info';
  if (!['trace', 'debug', 'info', 'warn', 'error', 'silent'].includes(logLevel)) {
    fault('POSTERN_LOG_LEVEL', 'not a level; give trace, debug, info, warn, error or silent');
  }
  const denyText = read('POSTERN_DENY_PRIVATE_HOSTS') || 'off';
  const denyPrivateHosts = ['on', 'true', '1', 'yes'].includes(denyText);
  if (!denyPrivateHosts && !['off', 'false', '0', 'no'].includes(denyText)) {
    fault('POSTERN_DENY_PRIVATE_HOSTS', 'give "on" or "off"');
  }

  if (faults.length > 0) throw new ConfigError(faults);
  const firstAdministrator = email ? { email, password } : null;
  return {
    host,
    port,
    publicUrl,
    dataFolder,
    database,
    secretKey,
    firstAdministrator,
    sandboxPort,
    denyPrivateHosts,
    logLevel,
    killAt: read('POSTERN_KILL_AT'),
    warnings,
  };
};

type Fault = (name: string, text: string) => void;

function readPort(name: string, text: string, fault: Fault, least: number, also = ''): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= least && port <= 65535) return port;
  fault(name, `"${text}" is not a port; give a number from 1 to 65535${also}`);
  return 0;
}

function readPublicUrl(text: string, host: string, port: number, fault: Fault): string {
  // A browser cannot open 0.0.0.0; whoever listens on all addresses is at least on this machine.
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  if (!text) return `http://${reachable}:${port}`;
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash && !url.username)
    return url.origin;
  fault('POSTERN_PUBLIC_URL', `not an address of the form https://postern.example.com, without a path`);
  return '';
}

function readDatabase(text: string, dataFolder: string, fault: Fault): DatabaseAddress {
  if (!text) return { kind: 'sqlite', file: path.join(dataFolder, 'postern.db') };
  if (!/^postgres(ql)?:\/\/\S+$/.test(text) || !URL.canParse(text)) {
    // The value may hold a password: it is not repeated.
    fault('POSTERN_DATABASE_URL', 'not of the form postgres://user:password@host:5432/database');
  }
  return { kind: 'postgres', url: text };
}

function readSecretKey(text: string, fault: Fault): Buffer | null {
  if (!text) return null;
  const bytes = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (bytes.length === 32 && /^[\w+/=-]+$/.test(text)) return bytes;
  fault('POSTERN_SECRET_KEY', 'not 32 bytes; make one with: openssl rand -hex 32');
  return null;
}
