/**
 * Brings what the tests need and the machine lacks: Chromium, PostgreSQL, openssl, and mail servers to send to.
 *
 * As root on Debian or Ubuntu, the first three are installed with apt-get; elsewhere this says what to install. Mail
 * servers are never installed: their packages push each other out, and a person's own must not be touched. Their Debian
 * packages are unpacked side by side into a cache folder and run from there on free ports by test/support.
 *
 * `provide` answers with what is still missing and why; the test command prints it, and fails on it in CI.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  findChromium,
  findPostfix,
  findPostgres,
  findProgram,
  isRoot,
  mailServerFolder,
} from '../test/support/installed.ts';
import { listMissingLibraries } from '../test/support/postfix.ts';

export interface Missing {
  what: string;
  /** Why it could not be brought, and what to do. */
  why: string;
  /** Which tests do not run without it. */
  tests: string;
}

const canInstall = isRoot && findProgram('apt-get') !== null;
const apt = {
  stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
  encoding: 'utf8' as const,
  env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
};

let hasUpdated = false;

/** Once with the package lists as they are, and once more with fresh ones. @returns what went wrong, or null. */
function runApt(args: string[], cwd = '/'): string | null {
  let words = '';
  for (;;) {
    const result = spawnSync('apt-get', [...args], { ...apt, cwd });
    if (result.status === 0) return null;
    words = lastLines(result.stderr || result.stdout || String(result.error?.message ?? ''));
    if (hasUpdated || !isRoot) return words;
    hasUpdated = true;
    spawnSync('apt-get', ['update', '-q'], apt);
  }
}

const lastLines = (text: string) => text.trim().split('\n').slice(-3).join(' ');

function installPackages(names: string[], what: string): string | null {
  if (!canInstall) return `install it (on Debian: apt-get install ${names.join(' ')})`;
  process.stderr.write(`postern: installing ${what} …\n`);
  return runApt(['install', '-y', '-q', '--no-install-recommends', ...names]);
}

/** Unpacks Postfix and the SASL parts it signs people in with. @returns why it could not, or null. */
function unpackPostfix(): string | null {
  if (!findProgram('apt-get') || !findProgram('dpkg')) return 'its packages can be fetched on Debian and Ubuntu only';
  process.stderr.write('postern: unpacking Postfix into the cache …\n');
  mkdirSync(mailServerFolder, { recursive: true });
  const folder = mkdtempSync(path.join(mailServerFolder, 'unpacking-'));
  try {
    const wrong = unpack(folder, ['postfix', 'libsasl2-modules', 'libsasl2-modules-db', 'sasl2-bin']);
    if (wrong) return wrong;
    if (listMissingLibraries(folder).length > 0) {
      const wrongLibrary = unpack(folder, listLibraryPackages());
      const missing = listMissingLibraries(folder);
      if (missing.length > 0) return `libraries are missing: ${missing.join(', ')}. ${wrongLibrary ?? ''}`;
    }
    writeFileSync(path.join(folder, '.complete'), '');
    const place = path.join(mailServerFolder, 'postfix');
    rmSync(place, { recursive: true, force: true });
    renameSync(folder, place);
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function unpack(folder: string, packages: string[]): string | null {
  const debs = path.join(folder, '.debs');
  mkdirSync(debs, { recursive: true });
  // As root apt-get would hand over to a user who cannot write here.
  const wrong = runApt(['download', '-q', '-o', 'APT::Sandbox::User=root', ...packages], debs);
  if (wrong) return wrong;
  for (const deb of readdirSync(debs)) {
    const result = spawnSync('dpkg', ['-x', path.join(debs, deb), folder], { encoding: 'utf8' });
    if (result.status !== 0) return lastLines(result.stderr);
  }
  rmSync(debs, { recursive: true, force: true });
  return null;
}

/** Their names change from release to release, so Debian is asked. */
function listLibraryPackages(): string[] {
  const result = spawnSync('apt-cache', ['depends', 'postfix', 'libnsl2'], apt);
  const names = [...(result.stdout ?? '').matchAll(/^ *Depends: (lib[\w.+-]+)$/gm)].map((match) => match[1] as string);
  return [...new Set(names)].filter((name) => name !== 'libc6');
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
    'Postfix',
    () => findPostfix() !== null,
    () => unpackPostfix(),
    'sending through Postfix',
  );
  if (findPostfix() && !isRoot) {
    missing.push({ what: 'Postfix', why: 'it can be started by root only', tests: 'sending through Postfix' });
  }
  return missing;
}

if (import.meta.main) {
  for (const { what, why, tests } of provide()) console.error(`MISSING ${what}: ${why}. Not run without it: ${tests}.`);
}
