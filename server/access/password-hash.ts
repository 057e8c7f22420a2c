/**
 * Passwords of people, stored as argon2id (RFC 9106) in the PHC form that names its own parameters:
 * `$argon2id$v=19$m=47104,t=1,p=1$salt$hash`, so that they can be raised later and each hash is renewed at its next sign-in.
 *
 * Invariant: at most two are computed at once. Each takes 46 MiB for about 35 ms, and anybody may ask for one by trying to
 * sign in; without the limit a hundred tries at once would take 4.6 GB.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const runArgon2 = promisify(argon2);

interface Cost {
  /** KiB. */
  memory: number;
  passes: number;
  parallelism: number;
}

/** OWASP's stronger choice: memory is what a cracking card has least of. */
const cost: Cost = { memory: 47_104, passes: 1, parallelism: 1 };
const saltBytes = 16;
const hashBytes = 32;
const concurrent = 2;
/** Who waits longer than this many is sent away: answers would come after the browser gave up. */
const waitingLimit = 100;

/** Too many are waiting; the caller should say 429. */
export class HashQueueFullError extends Error {}

let running = 0;
const waiting: (() => void)[] = [];

export const hashPassword = async (password: string): Promise<string> => {
  const salt = randomBytes(saltBytes);
  return print(cost, salt, await compute(password, salt, cost, hashBytes));
};

/** False also for a stored value that is not such a hash. */
export const isPasswordRight = async (password: string, stored: string): Promise<boolean> => {
  const parsed = parse(stored);
  if (!parsed) return false;
  const hash = await compute(password, parsed.salt, parsed.cost, parsed.hash.length);
  return timingSafeEqual(hash, parsed.hash);
};

/** Whether a right password should be hashed again, because the parameters have been raised since. */
export const isHashOutdated = (stored: string): boolean => {
  const parsed = parse(stored);
  return (
    !parsed ||
    parsed.cost.memory !== cost.memory ||
    parsed.cost.passes !== cost.passes ||
    parsed.cost.parallelism !== cost.parallelism
  );
};

/** Of no password at all. Compared with when nobody has the address that was given, so that the answer takes as long. */
export const nobodysHash = print(cost, randomBytes(saltBytes), randomBytes(hashBytes));

async function compute(password: string, nonce: Buffer, { memory, passes, parallelism }: Cost, tagLength: number) {
  if (running >= concurrent) {
    if (waiting.length >= waitingLimit) throw new HashQueueFullError('Too many sign-ins at once');
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running += 1;
  }
  try {
    // Two ways to type an accented letter are one password (NIST SP 800-63B: normalise before hashing).
    const message = Buffer.from(password.normalize('NFKC'));
    return await runArgon2('argon2id', { message, nonce, memory, passes, parallelism, tagLength });
  } finally {
    // The place is handed on, not given back, so that nobody new can slip in between.
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

function print({ memory, passes, parallelism }: Cost, salt: Buffer, hash: Buffer): string {
  const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
}

function parse(stored: string): { cost: Cost; salt: Buffer; hash: Buffer } | null {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(stored);
  if (!match) return null;
  const [, memory, passes, parallelism, salt, hash] = match;
  return {
    cost: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt!, 'base64'),
    hash: Buffer.from(hash!, 'base64'),
  };
}
