/** What a written document promises and a program can check: commands, links, and the map of the server's rooms. */
import path from 'node:path';

export interface Known {
  /** Names of the scripts in package.json. */
  scripts: ReadonlySet<string>;
  /** Whether a path in the repository is there. */
  exists: (file: string) => boolean;
  /** Folders in server/. */
  rooms: readonly string[];
}

const npmItself = new Set(['ci', 'install', 'start', 'test']);

/** @param file path in the repository, with forward slashes @returns one line a fault */
export function findDocumentFaults(file: string, text: string, { scripts, exists, rooms }: Known): string[] {
  const faults: string[] = [];
  for (const [, name = ''] of text.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)) {
    if (!scripts.has(name)) faults.push(`${file}: \`npm run ${name}\` is no script of package.json`);
  }
  for (const [, name = ''] of text.matchAll(/\bnpm (start|test)\b/g)) {
    if (npmItself.has(name) && !scripts.has(name)) faults.push(`${file}: \`npm ${name}\` is no script of package.json`);
  }
  for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^([a-z]+:|#|\/)/i.test(target)) continue;
    const place = path.posix.join(path.posix.dirname(file), target.replace(/#.*$/, ''));
    if (!exists(place)) faults.push(`${file}: leads to ${place}, which is not there`);
  }
  if (file === 'server/README.md') {
    for (const room of rooms) {
      if (!text.includes(`\`${room}/\``)) faults.push(`${file}: the room ${room}/ is missing in the map`);
    }
    for (const [, room = ''] of text.matchAll(/^\| `([\w-]+)\/` \|/gm)) {
      if (!rooms.includes(room)) faults.push(`${file}: the map has a room ${room}/ that is not there`);
    }
  }
  return faults;
}
