/** Where this machine has what the tests need; each answer is null when it is not there. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** True where nothing may be missing: there a test that cannot run fails instead of being left out. */
export const isCi = Boolean(process.env.CI) && process.env.CI !== 'false';

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The file that this command runs, looked for on the PATH and in the folders that a plain user's PATH lacks. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];
  return folders.map((folder) => path.join(folder, name)).find(isExecutable) ?? null;
}

/** Chromium, or Chrome, whose protocol is the same. */
export function findChromium(): string | null {
  const named = process.env.CHROMIUM;
  if (named) return isExecutable(named) ? named : null;
  const application = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  return names.map(findProgram).find((file) => file !== null) ?? (isExecutable(application) ? application : null);
}

/** The folder that holds initdb and postgres, of the newest version from 15 on. */
export function findPostgres(): string | null {
  const byVersion = (folder: string, toBin: (name: string) => string) =>
    existsSync(folder)
      ? readdirSync(folder)
          .map((name) => ({ version: Number.parseInt(name.replace(/^\D*/, ''), 10), bin: toBin(name) }))
          .filter(({ version, bin }) => version >= 15 && isExecutable(path.join(bin, 'initdb')))
      : [];
  const found = [
    ...byVersion('/usr/lib/postgresql', (name) => `/usr/lib/postgresql/${name}/bin`),
    ...byVersion('/opt/homebrew/opt', (name) => `/opt/homebrew/opt/${name}/bin`),
  ].sort((a, b) => b.version - a.version);
  const onPath = findProgram('initdb');
  return found[0]?.bin ?? (onPath ? path.dirname(onPath) : null);
}

/** Where mail servers are unpacked, never installed: a person's own must not be touched. */
export const mailServerFolder = process.env.XDG_CACHE_HOME
  ? path.join(process.env.XDG_CACHE_HOME, 'postern-mail-servers')
  : path.join(root, '.cache', 'mail-servers');

export const mailServerNames = ['postfix', 'exim', 'opensmtpd'] as const;
export type MailServerName = (typeof mailServerNames)[number];

/** The root of an unpacked mail server. It has to be started by root, as it always is. */
export function findMailServer(name: MailServerName): string | null {
  const folder = path.join(mailServerFolder, name);
  return existsSync(path.join(folder, '.complete')) ? folder : null;
}

export const findPostfix = (): string | null => findMailServer('postfix');

export const isRoot = process.getuid?.() === 0;

/** Whether this machine lets us look into another process; containers often do not. */
export const canTrace = (): boolean => {
  const strace = findProgram('strace');
  return strace !== null && spawnSync(strace, ['-o', '/dev/null', 'true']).status === 0;
};

/** Whether a disk of our own can be mounted; root in a container often may not. */
export const canMountDisk = (): boolean => {
  if (!isRoot || process.platform !== 'linux') return false;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-mount-'));
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;
  if (isMounted) spawnSync('umount', [folder]);
  rmdirSync(folder);
  return isMounted;
};
