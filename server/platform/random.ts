/** Random bytes for what is made with every message and need not be secret: asked of the system in larger pieces. */
import { randomFillSync } from 'node:crypto';

const pool = Buffer.allocUnsafeSlow(4096);
let used = pool.length;

/** At most 4,096 at a time; void after the next call, so to be written down at once. Keys and tokens take randomBytes. */
export const takeRandom = (count: number): Uint8Array => {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  return pool.subarray(used - count, used);
};
