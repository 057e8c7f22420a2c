/**
 * Brings what the tests need and the machine lacks: Chromium, PostgreSQL, openssl, and mail servers to send to.
 *
 * As root on Debian or Ubuntu, the first three are installed with apt-get; elsewhere this says what to install. Mail
 * servers are never installed: their packages push each other out, and a person's own must not be touched. Their Debian
 * packages are unpacked side by side into a cache folder and run from there on free ports by test/support.
 *
 * `provide` answers with what is still missing and why; the test command prints it, and fails on it in CI.
 */
import {
  canMountDisk,
  canTrace,
  findChromium,
  findPostgres,
  findProgram,
  isRoot,
  mailServerNames,
} from '../test/support/installed.ts';
import { runApt } from './apt.ts';
import { isUnpacked, mailServers, unpackMailServer } from './unpack-mail-server.ts';

export interface Missing {
  what: string;
  /** Why it could not be brought, and what to do. */
  why: string;
  /** Which tests do not run without it. */
  tests: string;
  /** The machine's kernel forbids it, whatever is installed: said aloud, and no fault of the run. */
  isForbidden?: boolean;
}

const canInstall = isRoot && findProgram('apt-get') !== null;

function installPackages(names: string[], what: string): string | null {
  if (!canInstall) return `install it (on Debian: apt-get install ${names.join(' ')})`;
  process.stderr.write(`postern: installing ${what} …\n`);
  return runApt(['install', '-y', '-q', '--no-install-recommends', ...names]);
}

/** @returns what is missing now. */
export function provide(): Missing[] {
  const missing: Missing[] = [];
  const bring = (what: string, isThere: () => boolean, get: () => string | null, tests: string) => {
    if (isThere()) return;
    const wrong = get();
    if (!isThere()) missing.push({ what, why: wrong ?? 'it is still not found after installing it', tests });
  };
  bring(
    'openssl',
    () => findProgram('openssl') !== null,
    () => installPackages(['openssl'], 'openssl'),
    'TLS',
  );
  bring(
    'Chromium',
    () => findChromium() !== null,
    () => installPackages(['chromium'], 'Chromium'),
    'browser tests',
  );
  bring(
    'PostgreSQL 15 or newer',
    () => findPostgres() !== null,
    () => installPackages(['postgresql'], 'PostgreSQL'),
    'store and program tests on PostgreSQL',
  );
  bring(
    'pdftotext',
    () => findProgram('pdftotext') !== null,
    () => installPackages(['poppler-utils'], 'pdftotext'),
    'PDFs read back',
  );
  if (process.platform === 'linux') {
    const isThere = () => findProgram('strace') !== null;
    const tests = 'a disk that fails, power that is cut';
    bring('strace', isThere, () => installPackages(['strace'], 'strace'), tests);
    if (isThere() && !canTrace()) {
      const why = 'no process can be traced here; run the tests outside of a container';
      missing.push({ what: 'a look into processes', why, tests, isForbidden: true });
    }
    if (!canMountDisk()) {
      const why = 'no disk can be mounted here; run the tests as root, outside of a container';
      missing.push({ what: 'a small disk', why, tests: 'a disk without room', isForbidden: true });
    }
  }
  for (const name of mailServerNames) {
    const { what } = mailServers[name];
    const isThere = () => isUnpacked(name);
    bring(what, isThere, () => unpackMailServer(name), `sending through ${what}`);
    if (isThere() && !isRoot) {
      missing.push({ what, why: 'it can be started by root only', tests: `sending through ${what}` });
    }
  }
  return missing;
}

if (import.meta.main) {
  for (const { what, why, tests } of provide()) console.error(`MISSING ${what}: ${why}. Not run without it: ${tests}.`);
}
