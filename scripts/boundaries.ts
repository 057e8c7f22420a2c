/**
 * The dependency rules of the repository, as functions over its source texts. Each fault says what to do instead.
 *
 * Worlds: contracts import nothing of ours, web imports contracts only, the server never imports web. In web: ui and lib
 * know no feature, a feature knows no other feature, only app knows all. In the server: platform and database know no
 * room; a room takes from another room types and files without a suffix; a file without a suffix touches no disk,
 * network or process; effects arrive from compose.ts and the files of compose/. No circles.
 */
import path from 'node:path';

export interface Fault {
  file: string;
  says: string;
}

export interface Import {
  /** As written. */
  specifier: string;
  /** Path in the repository; null for a package or a part of Node. */
  target: string | null;
  isTypeOnly: boolean;
  /** Values taken by name; empty when it is everything. */
  names: string[];
}

const isTest = (file: string) =>
  /\.test\.tsx?$/.test(file) || file.startsWith('test/') || /\/test-data\.ts$/.test(file);
const roomOf = (file: string) => /^server\/([^/]+)\//.exec(file)?.[1] ?? null;
const featureOf = (file: string) => /^web\/features\/([^/]+)\//.exec(file)?.[1] ?? null;
/** `smtp-settings.store.ts` has the suffix `store`. */
const suffixOf = (file: string) => /^[^.]+\.([a-z-]+)\.tsx?$/.exec(path.posix.basename(file))?.[1] ?? null;
/** No room: they may be used by all of them, and know none. */
const plumbing = new Set(['platform', 'database']);
/** Build everything, so may import everything; nobody but the start and the command line may ask for them. */
const builds = (file: string) => file === 'server/compose.ts' || file.startsWith('server/compose/');
const starts = (file: string) => file === 'server/main.ts' || file.startsWith('server/cli/');
const isBuilder = (file: string) => builds(file) || starts(file);

const worldlyModules =
  /^(node:)?(fs|fs\/promises|net|tls|dns|dns\/promises|http|https|http2|dgram|child_process|worker_threads|timers\/promises)$|^(pg|better-sqlite3|kysely|fastify|@fastify\/.*|smtp-server|nodemailer)$/;

/** What of these modules only computes. */
const harmless = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress', 'checkServerIdentity']);

const touchesWorld = ({ specifier, names }: Import) =>
  worldlyModules.test(specifier) && !(names.length > 0 && names.every((name) => harmless.has(name)));

/** Every import and re-export of a source text. */
export function readImports(file: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, isTypeOnly: boolean, names: string[] = []) => {
    const target = specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : null;
    found.push({ specifier, target, isTypeOnly, names });
  };
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  for (const match of code.matchAll(/^(?:import|export)\s+(type\s+)?([\w*{][^;'"]*?)\s+from\s+'([^']+)'/gm)) {
    const [, type, names = '', specifier = ''] = match;
    const braces = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
    const listed = (braces ?? '').split(',').map((name) => name.trim().replace(/ as .*$/, ''));
    const values = listed.filter((name) => name !== '' && !name.startsWith('type '));
    const isEachAType = listed.some((name) => name !== '') && values.length === 0;
    add(specifier, Boolean(type) || isEachAType, type ? [] : values);
  }
  for (const match of code.matchAll(/^import\s+'([^']+)'/gm)) add(match[1] as string, false);
  for (const match of code.matchAll(/(?<![\w.])import\(\s*'([^']+)'/g)) {
    // `typeof import('…')` and `import('…').Type` are types.
    const before = code.slice(Math.max(0, match.index - 8), match.index);
    add(match[1] as string, /typeof\s$/.test(before));
  }
  return found;
}

function checkWorlds(file: string, target: string): string | null {
  if (file.startsWith('contracts/') && !target.startsWith('contracts/'))
    return `contracts import nothing of ours, but this takes ${target}: move what both need into contracts`;
  if (file.startsWith('web/') && !/^(web|contracts)\//.test(target) && !isTest(file))
    return `web imports contracts only, but this takes ${target}: ask the server over HTTP, or move a shape into contracts`;
  if (file.startsWith('server/') && target.startsWith('web/'))
    return `the server knows nothing of the pages, but this takes ${target}: move what both need into contracts`;
  if (/^(server|web|contracts)\//.test(file) && /^(test|bench|scripts)\//.test(target) && !isTest(file))
    return `product code does not use ${target}: move it to where it is used`;
  return null;
}

function checkWeb(file: string, target: string): string | null {
  const from = /^web\/(ui|lib)\//.exec(file)?.[1];
  if (from && /^web\/(features|app)\//.test(target))
    return `web/${from} holds parts that know no feature, but this takes ${target}: pass it in as a property`;
  const feature = featureOf(file);
  if (feature && target.startsWith('web/app/'))
    return `a feature does not know the shell, but this takes ${target}: move the part to web/ui or web/lib`;
  const other = featureOf(target);
  if (feature && other && other !== feature)
    return `features do not know each other, but this takes ${target}: link to the other page, or move the part to web/ui or web/lib`;
  return null;
}

function checkServer(file: string, one: Import): string | null {
  const { target, specifier, isTypeOnly } = one;
  const room = roomOf(file);
  if (!room || isBuilder(file)) return null;
  if (target) {
    const other = roomOf(target);
    if (isBuilder(target)) return `only the start knows ${target}: take the value as an argument`;
    if (plumbing.has(room) && other && !plumbing.has(other) && !isTypeOnly)
      return `${room} knows no room, but this takes ${target}: hand it over as an argument, from compose.ts`;
    if (isTypeOnly) return null;
    if (other && other !== room && suffixOf(target))
      return `takes ${target} of another room, which touches the world: take the function as an argument and hand it over in compose.ts (types may be imported)`;
    if (!suffixOf(file) && !plumbing.has(room) && suffixOf(target))
      return `a file without a suffix touches nothing, but this takes ${target}: take the function as an argument, or give this file a suffix`;
    return null;
  }
  if (!isTypeOnly && !suffixOf(file) && !plumbing.has(room) && touchesWorld(one))
    return `a file without a suffix touches nothing, but this uses ${specifier}: move that part to a file with a suffix (.store, .client, .routes, .smtp-server, .worker)`;
  return null;
}

function checkText(file: string, text: string): string | null {
  if (isTest(file)) return null;
  if (/^server\//.test(file) && file !== 'server/config.ts' && /\bprocess\.env\b/.test(text))
    return 'only config.ts reads the environment: add a variable there and take the value as an argument';
  if (/^web\//.test(file) && /dangerouslySetInnerHTML/.test(text))
    return 'no HTML is put into a page: show text, or a document of its own in a frame with sandbox=""';
  return null;
}

/** Packages that an installation without devDependencies does not have. */
function checkPackage(file: string, { target, specifier, isTypeOnly }: Import, runtime: ReadonlySet<string>) {
  if (target || isTypeOnly || !/^(server|contracts)\//.test(file) || specifier.startsWith('node:')) return null;
  const name = specifier.startsWith('@') ? specifier.split('/', 2).join('/') : (specifier.split('/')[0] as string);
  return runtime.has(name)
    ? null
    : `${name} is not among the dependencies of package.json: add it there, or do without`;
}

/**
 * @param files source texts by path in the repository, with forward slashes
 * @param runtime names of the packages in `dependencies`
 */
export function findFaults(files: ReadonlyMap<string, string>, runtime: ReadonlySet<string>): Fault[] {
  const faults: Fault[] = [];
  const values = new Map<string, string[]>();
  for (const [file, text] of files) {
    const imports = readImports(file, text);
    const tell = (says: string | null) => says && faults.push({ file, says });
    tell(checkText(file, text));
    for (const one of imports) {
      if (one.target) tell(checkWorlds(file, one.target));
      if (isTest(file)) continue;
      if (one.target) tell(checkWeb(file, one.target));
      tell(checkServer(file, one));
      tell(checkPackage(file, one, runtime));
    }
    const targets = imports.filter((one) => one.target && !one.isTypeOnly).map((one) => one.target as string);
    values.set(file, targets);
  }
  for (const circle of findCircles(values)) {
    const says = `imports itself in a circle: ${circle.join(' → ')}. Move what both need into a file of its own`;
    faults.push({ file: circle[0] as string, says });
  }
  return faults;
}

function findCircles(edges: ReadonlyMap<string, string[]>): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const walk = (file: string, way: string[]) => {
    const seenAt = way.indexOf(file);
    if (seenAt >= 0) circles.push([...way.slice(seenAt), file]);
    if (seenAt >= 0 || done.has(file)) return;
    for (const target of edges.get(file) ?? []) walk(target, [...way, file]);
    done.add(file);
  };
  for (const file of edges.keys()) walk(file, []);
  return circles;
}
