/**
 * Asks Debian's apt, and nothing of what it answers is installed here: that is the caller's to do. Each call is made with
 * the package lists as they are, and once more with fresh ones.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isRoot } from '../test/support/installed.ts';

const settings = {
  stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
  encoding: 'utf8' as const,
  env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
};

/** Options that make apt look at other lists than the machine's; none for its own. */
export type AptView = readonly string[];
const ownView: AptView = [];

let hasUpdated = false;

/** @returns what went wrong, or null. */
export function runApt(args: readonly string[], cwd = '/', view = ownView): string | null {
  for (;;) {
    const result = spawnSync('apt-get', [...view, ...args], { ...settings, cwd });
    if (result.status === 0) return null;
    const words = lastLines(result.stderr || result.stdout || String(result.error?.message ?? ''));
    if (hasUpdated || !isRoot || view !== ownView) return words;
    hasUpdated = true;
    spawnSync('apt-get', ['update', '-q'], settings);
  }
}

export const lastLines = (text: string) => text.trim().split('\n').slice(-3).join(' ');

/** Fetches packages and unpacks them into the folder. @returns what went wrong, or null. */
export function unpackPackages(folder: string, packages: readonly string[], view = ownView): string | null {
  const debs = path.join(folder, '.debs');
  mkdirSync(debs, { recursive: true });
  // As root apt-get would hand over to a user who cannot write here.
  const wrong = runApt(['download', '-q', '-o', 'APT::Sandbox::User=root', ...packages], debs, view);
  if (wrong) return wrong;
  const result = spawnSync('/bin/sh', ['-c', 'for deb in .debs/*; do dpkg -x "$deb" . || exit; done; rm -r .debs'], {
    ...settings,
    cwd: folder,
  });
  return result.status === 0 ? null : lastLines(result.stderr);
}

/** The version that apt would install; empty when it knows none. */
export function findCandidate(name: string): string {
  const result = spawnSync('apt-cache', ['policy', name], settings);
  return /Candidate: (\d\S*)/.exec(result.stdout ?? '')?.[1] ?? '';
}

/** Their names change from release to release, so Debian is asked, also about what the libraries need themselves. */
export function listLibraryPackages(packages: readonly string[], view = ownView): string[] {
  const only = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((word) => `--no-${word}`);
  const result = spawnSync('apt-cache', [...view, 'depends', '--recurse', ...only, ...packages], settings);
  const found = (result.stdout ?? '').matchAll(/^ *(?:Pre)?Depends: (z?lib[\w.+-]+)$/gm);
  return [...new Set([...found].map((match) => match[1] as string))];
}

export function isPackageInstalled(name: string): boolean {
  const result = spawnSync('dpkg-query', ['-W', '-f', '$' + '{db:Status-Status}', name], settings);
  return result.stdout === 'installed';
}

/** Where this machine gets its own release from; null where it is not Debian. */
function findMirror(): string | null {
  const result = spawnSync('apt-get', ['indextargets', '--format', '$' + '(SITE)'], settings);
  return (result.stdout ?? '').split('\n').find((site) => /\/debian\/?$/.test(site)) ?? null;
}

/**
 * A look at another release of Debian, with lists of its own in this folder; the machine's are not touched.
 * @returns the view, or what went wrong in words.
 */
export function openRelease(release: string, folder: string): AptView | string {
  const at = (name: string) => path.join(folder, name);
  for (const name of ['lists/partial', 'cache/archives/partial']) mkdirSync(at(name), { recursive: true });
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const mirror = findMirror();
  if (mirror === null) return 'apt knows no mirror of Debian';
  writeFileSync(at('sources.list'), `deb [signed-by=${keys}] ${mirror} ${release} main\n`);
  writeFileSync(at('status'), '');
  const options = {
    'Dir::Etc::sourcelist': at('sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': at('lists'),
    'Dir::State::status': at('status'),
    'Dir::Cache': at('cache'),
    'APT::Sandbox::User': 'root',
  };
  const view = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return runApt(['update', '-q'], '/', view) ?? view;
}
