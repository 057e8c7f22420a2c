/**
 * The first record of a TLS handshake in a small form (RFC 5246 §7.4.1.2). Said to a server that has kept silent instead of
 * greeting: one that waits for TLS answers it, with its own hello or an alert, and is known then. Nothing follows.
 */

const list16 = (values: readonly number[]): number[] => values.flatMap((value) => [value >> 8, value & 255]);
const extension = (type: number, data: readonly number[]): number[] => [...list16([type, data.length]), ...data];

/** AES in GCM and ChaCha20 with an ephemeral key, for either kind of certificate; then AES with RSA, for old servers. */
const suites = list16([0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0x009c, 0x002f]);
const groups = list16([0x001d, 0x0017, 0x0018]);
const signatures = list16([0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]);
const extensions = [
  ...extension(10, [0, groups.length, ...groups]),
  ...extension(11, [1, 0]),
  ...extension(13, [0, signatures.length, ...signatures]),
];

/** @param random 32 bytes */
export const writeClientHello = (random: Uint8Array): Buffer => {
  const offers = [0, ...list16([suites.length]), ...suites, 1, 0, ...list16([extensions.length]), ...extensions];
  const body = [3, 3, ...random, ...offers];
  const hello = [1, 0, ...list16([body.length]), ...body];
  return Buffer.from([22, 3, 1, ...list16([hello.length]), ...hello]);
};
