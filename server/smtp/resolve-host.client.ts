/**
 * Host name → addresses, without `getaddrinfo` in the common case: its threads are the ones that files and passwords are
 * worked with too, and four names that do not answer would stop them all. c-ares waits on its own sockets (5 s × 2 tries).
 *
 * The hosts file is asked first. A name that DNS does not know is asked of the system once more, one at a time, because
 * search domains, mDNS and container networks are known only there. `.invalid` never exists and `localhost` is always
 * this machine (RFC 6761).
 */
import { promises as dns } from 'node:dns';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { platform } from 'node:os';
import type { Attempt } from './attempt.ts';
import type { FailureKind, SmtpFailure } from './outcome.ts';

export type Resolved = { ok: true; addresses: string[] } | { ok: false; failure: SmtpFailure };

const found = (addresses: string[]): Resolved => ({ ok: true, addresses });

/** What is asked; replaced by tests. */
export interface Resolver {
  resolve4(name: string): Promise<string[]>;
  resolve6(name: string): Promise<string[]>;
  cancel(): void;
}

/** RFC 8305 §3: how long the second family is waited for when the first has answered. */
const resolutionDelayMilliseconds = 50;
const queryMilliseconds = 5000;

const createResolver = (): Resolver => new dns.Resolver({ timeout: queryMilliseconds, tries: 2 });

/**
 * `host` is an address or an ASCII name. IPv6 first, then IPv4, in the order they were given. The caller ends the phase,
 * when it has noted them.
 */
export async function resolveHost(
  host: string,
  attempt: Attempt,
  signal?: AbortSignal,
  resolver: Resolver = createResolver(),
): Promise<Resolved> {
  attempt.start('dns');
  if (isIP(host) !== 0) return found([host]);
  const name = host.toLowerCase();
  const refuse = (kind: FailureKind, detail: string): Resolved => ({
    ok: false,
    failure: attempt.fail('dns', kind, detail),
  });

  const listed = await readHostsFile(name);
  if (listed.length > 0) return found(listed);
  if (/(^|\.)localhost$/.test(name)) return found(['127.0.0.1', '::1']);
  if (/(^|\.)invalid$/.test(name)) return refuse('dns-not-found', `${host} does not exist`);

  const limit = attempt.limit(4 * queryMilliseconds, 'dns-timeout');
  const ended = Promise.withResolvers<Resolved>();
  const end = (kind: FailureKind, detail: string) => ended.resolve(refuse(kind, detail));
  const timer = setTimeout(() => end(limit.kind, `no answer about ${host} in time`), limit.milliseconds);
  const onAbort = () => end('cancelled', 'cancelled');
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted === true) onAbort();
  try {
    return await Promise.race([ended.promise, ask(name, resolver, refuse)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    resolver.cancel();
  }
}

async function ask(
  name: string,
  resolver: Resolver,
  refuse: (kind: FailureKind, detail: string) => Resolved,
): Promise<Resolved> {
  const { addresses, codes } = await askBoth(name, resolver);
  if (addresses.length > 0) return found(addresses);
  const kind = classify(codes);
  const isWorthAsking = kind === 'dns-not-found' || codes.every((code) => code === 'ECONNREFUSED');
  const known = isWorthAsking ? await askSystem(name) : [];
  if (known.length > 0) return found(known);
  return refuse(kind, `${name}: ${describe[kind] ?? ''} (${[...new Set(codes)].join(', ')})`);
}

const describe: Partial<Record<FailureKind, string>> = {
  'dns-not-found': 'the name does not exist or has no address',
  'dns-timeout': 'no DNS server answered in time',
  'dns-failed': 'the DNS server could not answer',
};

/** One family does not wait for the other longer than the resolution delay. */
async function askBoth(name: string, resolver: Resolver): Promise<{ addresses: string[]; codes: string[] }> {
  const answers = { six: [] as string[], four: [] as string[] };
  const codes: string[] = [];
  const note = (error: { code?: string }) => void codes.push(error.code ?? 'EUNKNOWN');
  const six = resolver.resolve6(name).then((list) => void answers.six.push(...list), note);
  const four = resolver.resolve4(name).then((list) => void answers.four.push(...list), note);
  await Promise.race([six, four]);
  if (answers.six.length > 0 || answers.four.length > 0) {
    let timer: NodeJS.Timeout | undefined;
    const delay = new Promise((resolve) => (timer = setTimeout(resolve, resolutionDelayMilliseconds)));
    await Promise.race([Promise.all([six, four]), delay]);
    clearTimeout(timer);
  } else {
    await Promise.all([six, four]);
  }
  return { addresses: [...answers.six, ...answers.four], codes };
}

/** A clear no of one family counts more than the silence of the other only when both have answered. */
function classify(codes: string[]): FailureKind {
  if (codes.includes('ENOTFOUND')) return 'dns-not-found';
  if (codes.includes('ETIMEOUT') || codes.includes('ECANCELLED')) return 'dns-timeout';
  if (codes.every((code) => code === 'ENODATA')) return 'dns-not-found';
  return 'dns-failed';
}

let queue: Promise<unknown> = Promise.resolve();

/** One at a time, so that it never takes more than one thread. */
function askSystem(name: string): Promise<string[]> {
  const answer = queue.then(async () => {
    try {
      return (await dns.lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address);
    } catch {
      return [];
    }
  });
  queue = answer;
  return answer;
}

async function readHostsFile(name: string): Promise<string[]> {
  const path = platform() === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';
  try {
    return findInHosts(await readFile(path, 'utf8'), name);
  } catch {
    return [];
  }
}

/** hosts(5): an address, then its names; the first column may have a zone. */
export function findInHosts(text: string, name: string): string[] {
  const addresses = text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return isIP(address) !== 0 && names.some((alias) => alias.toLowerCase() === name) ? [address] : [];
  });
  return [...new Set(addresses)];
}
