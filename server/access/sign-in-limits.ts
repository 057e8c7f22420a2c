/**
 * Slows guessing down without ever locking anybody out.
 *
 * Policy, three limits, all of them answered alike (429 with a time):
 * - an address on the network (IPv6: its /64): 30 tries at once, then one in 2 seconds;
 * - an account tried from one network address: 5 tries free, then 1, 2, 4 … up to 60 seconds between tries;
 * - an account tried from everywhere: 20 at once, then one in 10 seconds; who signed in from that network address since the
 *   start is not counted, so that an attacker elsewhere cannot keep the owner out.
 * A try counts when it begins, so that a thousand at once are a thousand; a right password takes its own back.
 * Accounts are counted whether or not they exist. Known limit: counts are in this process's memory and end with it.
 */
import type { Clock } from '../platform/clock.ts';

export interface SignInLimits {
  /** Counts the try. @returns 0: go on; else whole seconds to wait, and then nothing was counted. */
  begin: (account: string, ipAddress: string) => number;
  /** The password was right. */
  succeed: (account: string, ipAddress: string) => void;
  /** How many things are remembered; bounded. */
  size: () => number;
}

interface Bucket {
  tokens: number;
  at: number;
}
interface Failures {
  count: number;
  at: number;
}

const perAddress = { burst: 30, refillMs: 2_000 };
const perAccount = { burst: 20, refillMs: 10_000 };
const freeTries = 5;
const longestDelayMs = 60_000;
/** Failures older than this are forgotten. */
const forgetMs = 60 * 60 * 1000;
/** Entries of each kind; about 2 MB in all when full. The least recently used goes first. */
const remembered = 5_000;

export const openSignInLimits = (clock: Pick<Clock, 'monotonic'>): SignInLimits => {
  const addresses = new Map<string, Bucket>();
  const accounts = new Map<string, Bucket>();
  const failures = new Map<string, Failures>();
  const known = new Map<string, true>();

  const fill = (buckets: Map<string, Bucket>, key: string, { burst, refillMs }: typeof perAddress): Bucket => {
    const now = clock.monotonic();
    const bucket = buckets.get(key) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs);
    bucket.at = now;
    keep(buckets, key, bucket);
    return bucket;
  };
  const waitFor = (bucket: Bucket, refillMs: number) => (bucket.tokens >= 1 ? 0 : (1 - bucket.tokens) * refillMs);

  return {
    begin: (account, ipAddress) => {
      const now = clock.monotonic();
      const network = networkOf(ipAddress);
      const pair = `${account.toLowerCase()} ${network}`;
      const address = fill(addresses, network, perAddress);
      const everywhere = known.has(pair) ? null : fill(accounts, account.toLowerCase(), perAccount);
      const failed = recentFailures(failures.get(pair), now);
      const waitMs = Math.max(
        waitFor(address, perAddress.refillMs),
        everywhere ? waitFor(everywhere, perAccount.refillMs) : 0,
        failed.at + delayAfter(failed.count) - now,
      );
      if (waitMs > 0) return Math.ceil(waitMs / 1000);
      address.tokens -= 1;
      if (everywhere) everywhere.tokens -= 1;
      keep(failures, pair, { count: failed.count + 1, at: now });
      return 0;
    },
    succeed: (account, ipAddress) => {
      const network = networkOf(ipAddress);
      const pair = `${account.toLowerCase()} ${network}`;
      for (const bucket of [
        addresses.get(network),
        known.has(pair) ? undefined : accounts.get(account.toLowerCase()),
      ]) {
        if (bucket) bucket.tokens += 1;
      }
      failures.delete(pair);
      keep(known, pair, true);
    },
    size: () => addresses.size + accounts.size + failures.size + known.size,
  };
};

const recentFailures = (entry: Failures | undefined, now: number): Failures =>
  entry && now - entry.at < forgetMs ? entry : { count: 0, at: now };

const delayAfter = (count: number): number =>
  count < freeTries ? 0 : Math.min(longestDelayMs, 1000 * 2 ** (count - freeTries));

/** Puts an entry last and drops the first when there are too many. */
function keep<T>(entries: Map<string, T>, key: string, value: T): void {
  entries.delete(key);
  entries.set(key, value);
  if (entries.size > remembered) entries.delete(entries.keys().next().value as string);
}

/** One household or server has a whole IPv6 /64; counting its addresses one by one would count nothing. */
export const networkOf = (ipAddress: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ipAddress);
  if (mapped) return mapped[1]!;
  if (!ipAddress.includes(':')) return ipAddress;
  const [head = '', tail] = ipAddress.toLowerCase().split('%')[0]!.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const all =
    tail === undefined ? left : [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
};
