/**
 * A small root of its own for a mail server whose paths and people are compiled in: the unpacked programs, the libraries
 * they need and a passwd file, in a temporary folder. The server is started with `chroot`, so it cannot meet the machine's
 * own configuration, spool or users, and nothing of it is left behind. Only root can do this.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findProgram } from './installed.ts';

export interface JailPlan {
  /** Of the folder in the temporary folder. */
  name: string;
  /** Where the packages were unpacked. */
  root: string;
  /** Files to copy to the same place, as paths in the unpacked root. What they link to follows. */
  programs: readonly string[];
  /** Folders of loadable modules, copied with what those link to. */
  moduleFolders?: readonly string[];
  /** Beside root and nobody; the number is that of the user and of the group. */
  people: Record<string, number>;
}

export interface Jail {
  folder: string;
  /** @returns where this path of the jail is on the machine. */
  at: (inside: string) => string;
  /** Makes it with the folders above it. */
  addFolder: (inside: string, mode?: number, owner?: number, group?: number) => void;
  addFile: (inside: string, content: string, mode?: number, owner?: number) => void;
  /** For what a program of the jail has made. */
  giveTo: (inside: string, owner: number) => void;
  /** Runs a program of the jail to its end. @throws with its words when it fails. */
  run: (program: string, args: readonly string[], input?: string) => string;
  /** Runs a program of the jail until it is stopped, or this process ends, however that comes about. */
  start: (program: string, args: readonly string[]) => Daemon;
  remove: () => void;
}

export interface Daemon {
  /** Everything that it wrote so far, both streams. */
  readOutput: () => string;
  hasEnded: () => boolean;
  /** SIGTERM; waits for the end. */
  stop: () => Promise<void>;
}

const shell = '/bin/sh';
/** Never the machine's own secrets; no daemon here needs more. */
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C', HOME: '/' };

/** @throws when a library is missing. */
export function buildJail({ name, root, programs, moduleFolders = [], people }: JailPlan): Jail {
  const folder = mkdtempSync(path.join(os.tmpdir(), `postern-${name}-`));
  chmodSync(folder, 0o755);
  const at = (inside: string) => path.join(folder, inside);
  const jail: Jail = {
    folder,
    at,
    addFolder(inside, mode = 0o755, owner = 0, group = owner) {
      mkdirSync(at(inside), { recursive: true });
      chmodSync(at(inside), mode);
      chownSync(at(inside), owner, group);
    },
    addFile(inside, content, mode = 0o644, owner = 0) {
      mkdirSync(path.dirname(at(inside)), { recursive: true });
      writeFileSync(at(inside), content);
      chmodSync(at(inside), mode);
      chownSync(at(inside), owner, owner);
    },
    giveTo: (inside, owner) => chownSync(at(inside), owner, owner),
    run(program, args, input = '') {
      const result = spawnSync(chroot(), [folder, program, ...args], { encoding: 'utf8', input, env: environment });
      if (result.status === 0) return result.stdout;
      throw new Error(`${program}: ${result.stderr || result.stdout || result.error?.message}`);
    },
    start: (program, args) => startDaemon([chroot(), folder, program, ...args]),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };

  for (const inside of programs) copy(path.join(root, inside), at(inside));
  const modules = moduleFolders.flatMap((inside) =>
    existsSync(path.join(root, inside)) ? readdirSync(path.join(root, inside)).map((file) => `${inside}/${file}`) : [],
  );
  for (const inside of modules) copy(path.join(root, inside), at(inside));
  copy(shell, at(shell));
  const own = [...programs, ...modules].map((inside) => path.join(root, inside));
  for (const [inside, file] of listLibraries(root, [...own, shell])) copy(file, at(inside));

  for (const inside of ['/tmp', '/var/tmp']) jail.addFolder(inside, 0o1777);
  // A plain file does: a device could not be opened where the temporary folder is mounted without them.
  jail.addFile('/dev/null', '', 0o666);
  const everybody = Object.entries({ root: 0, nobody: 65534, ...people });
  jail.addFile('/etc/passwd', everybody.map(([who, id]) => `${who}:x:${id}:${id}::/home/${who}:${shell}\n`).join(''));
  jail.addFile('/etc/group', everybody.map(([who, id]) => `${who}:x:${id}:\n`).join(''));
  jail.addFile('/etc/hosts', '127.0.0.1 localhost\n');
  // Nobody answers there, so no name is ever asked of another machine.
  jail.addFile('/etc/resolv.conf', 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
  return jail;
}

/** Ends its program when the standard input closes. */
const watchdog = 'exec 3<&0; "$@" </dev/null & daemon=$!; (read _ <&3; kill $daemon 2>/dev/null) & wait $daemon';

function startDaemon(command: readonly string[]): Daemon {
  const child = spawn(shell, ['-c', watchdog, 'sh', ...command], { env: environment, stdio: 'pipe', cwd: '/' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  child.stdin.on('error', () => {});
  return {
    readOutput: () => output,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    stop: () => {
      child.stdin.end();
      return ended;
    },
  };
}

const chroot = () => findProgram('chroot') ?? 'chroot';

function copy(from: string, to: string): void {
  mkdirSync(path.dirname(to), { recursive: true });
  copyFileSync(realpathSync(from), to, constants.COPYFILE_FICLONE);
}

const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as string] ?? '';

/** The unpacked root's own libraries; the machine's come after them. */
export const libraryFolders = (root: string) =>
  [`usr/lib/${triplet}`, `lib/${triplet}`, 'usr/lib', 'usr/lib/postfix'].map((name) => path.join(root, name));

/** Where programs look for their loader, by its full path. */
const loaderPath =
  { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' }[process.arch as string] ?? '';

/** The root's own, where it brings its own C library; those two must be of one release. */
function findLoader(root: string): string {
  const own = [path.join(root, 'usr', loaderPath), path.join(root, loaderPath)].find((file) => existsSync(file));
  return own ?? loaderPath;
}

/** As `ldd` asks, but with the root's own loader. @returns `name => file (address)` for each library, a line each. */
function askLoader(root: string, files: readonly string[]): string {
  const env = { LD_TRACE_LOADED_OBJECTS: '1' };
  const folders = libraryFolders(root).join(':');
  return files
    .map((file) => {
      const args = ['--library-path', folders, realpathSync(file)];
      const result = spawnSync(findLoader(root), args, { encoding: 'utf8', env });
      if (result.status !== 0) throw new Error(`${file}: ${result.stderr || result.error?.message}`);
      return result.stdout;
    })
    .join('');
}

/** @returns for each library its place in the jail, which is one that the loader looks in by itself, and the file. */
function listLibraries(root: string, files: readonly string[]): Map<string, string> {
  const words = askLoader(root, files);
  const missing = /^\s*(\S+) => not found/m.exec(words);
  if (missing) throw new Error(`the library ${missing[1]} is missing`);
  const found = new Map([[loaderPath, findLoader(root)]]);
  for (const [, name = '', file = ''] of words.matchAll(/^\s*([^\s/]+) => (\/\S+) \(/gm)) {
    found.set(`/lib/${triplet}/${name}`, file);
  }
  return found;
}

/** Libraries that the unpacked programs need and neither the folder nor the machine has. */
export function listMissingLibraries(root: string, programs: readonly string[]): string[] {
  const words = askLoader(
    root,
    programs.map((name) => path.join(root, name)),
  );
  return [...new Set([...words.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1] as string))];
}
