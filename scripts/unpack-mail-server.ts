/**
 * Brings the mail servers that tests send to. They are never installed: their packages push each other out, and a person's
 * own must not be touched. Their Debian packages are unpacked side by side into a cache folder.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { eximPrograms } from '../test/support/exim.ts';
import { findMailServer, findProgram, type MailServerName, mailServerFolder } from '../test/support/installed.ts';
import { listMissingLibraries } from '../test/support/jail.ts';
import { openSmtpdPrograms } from '../test/support/opensmtpd.ts';
import { postfixPrograms } from '../test/support/postfix.ts';
import {
  type AptView,
  findCandidate,
  isPackageInstalled,
  listLibraryPackages,
  openRelease,
  unpackPackages,
} from './apt.ts';

export interface ServerPlan {
  what: string;
  packages: string[];
  /** Programs that must find all their libraries. */
  programs: string[];
  /** Where Debian's own version is older, it is taken from this release, with every library it needs. */
  atLeast?: { major: number; release: string };
}

const saslPackages = ['libsasl2-modules', 'libsasl2-modules-db', 'sasl2-bin'];

export const mailServers: Record<MailServerName, ServerPlan> = {
  postfix: { what: 'Postfix', packages: ['postfix', ...saslPackages], programs: postfixPrograms },
  exim: { what: 'Exim', packages: ['exim4-daemon-heavy', ...saslPackages], programs: eximPrograms },
  // Debian 12 links 6.8 with OpenSSL 3, which that version does not know: no TLS handshake comes to an end.
  opensmtpd: {
    what: 'OpenSMTPD',
    packages: ['opensmtpd'],
    programs: openSmtpdPrograms,
    atLeast: { major: 7, release: 'trixie' },
  },
};

/** Whole, and with every library: those of the machine may have gone since. */
export function isUnpacked(name: MailServerName): boolean {
  const folder = findMailServer(name);
  return folder !== null && listMissingLibraries(folder, mailServers[name].programs).length === 0;
}

/** @returns why it could not, or null. */
export const unpackMailServer = (name: MailServerName): string | null => unpackServer(name, mailServers[name]);

/** @param name of the folder beside those of the mail servers. @returns why it could not, or null. */
export function unpackServer(name: string, { what, packages, programs, atLeast }: ServerPlan): string | null {
  if (!findProgram('apt-get') || !findProgram('dpkg')) return 'its packages can be fetched on Debian and Ubuntu only';
  process.stderr.write(`postern: unpacking ${what} into the cache …\n`);
  mkdirSync(mailServerFolder, { recursive: true });
  const folder = mkdtempSync(path.join(mailServerFolder, 'unpacking-'));
  const lists = mkdtempSync(path.join(mailServerFolder, 'lists-'));
  try {
    const isOld = atLeast !== undefined && Number.parseInt(findCandidate(packages[0] ?? ''), 10) < atLeast.major;
    const view = isOld ? openRelease(atLeast.release, lists) : undefined;
    if (typeof view === 'string')
      return `the machine’s own is too old, and ${atLeast?.release} did not answer: ${view}`;
    const wrong = view ? unpackWithLibraries(folder, packages, view) : unpackPackages(folder, packages);
    if (wrong) return wrong;
    if (listMissingLibraries(folder, programs).length > 0) {
      const libraries = listLibraryPackages(packages).filter((library) => !isPackageInstalled(library));
      const wrongLibrary = unpackPackages(folder, libraries);
      const missing = listMissingLibraries(folder, programs);
      if (missing.length > 0) return `libraries are missing: ${missing.join(', ')}. ${wrongLibrary ?? ''}`;
    }
    writeFileSync(path.join(folder, '.complete'), '');
    const place = path.join(mailServerFolder, name);
    rmSync(place, { recursive: true, force: true });
    renameSync(folder, place);
    return null;
  } catch (error) {
    return (error as Error).message;
  } finally {
    for (const one of [folder, lists]) rmSync(one, { recursive: true, force: true });
  }
}

/** Another release's programs run with that release's libraries alone, from the loader up. */
const unpackWithLibraries = (folder: string, packages: string[], view: AptView) =>
  unpackPackages(folder, [...packages, ...listLibraryPackages(packages, view)], view);
