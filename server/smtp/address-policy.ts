/**
 * Which addresses may be connected to. The *address* is asked about, never the name, so that a name cannot change its mind
 * between the question and the connection (DNS rebinding).
 *
 * Never: cloud metadata, link-local, multicast, unspecified, broadcast; also where they hide inside an IPv6 address
 * (mapped, compatible, translated, 6to4, NAT64, Teredo, ISATAP). Loopback, private, unique-local and carrier-grade
 * NAT are where a company's own mail server stands, so they are allowed unless `denyPrivate`, which leaves only global unicast.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

const neverRanges = new Set(['unspecified', 'broadcast', 'multicast', 'linkLocal']);

/** Metadata services outside the link-local range: AWS, Google, Scaleway, Alibaba, Azure, Oracle. */
const metadata = new Set(
  ['fd00:ec2::254', 'fd20:ce::254', 'fd00:42::42', '100.100.100.200', '168.63.129.16', '192.0.0.192'].map((address) =>
    ipaddr.parse(address).toString(),
  ),
);

/** False for anything that is not an IP address. */
export function isAddressAllowed(address: string, policy: { denyPrivate: boolean }): boolean {
  const bare = address.replace(/%.*$/, '');
  if (isIP(bare) === 0) return false;
  const parsed = ipaddr.parse(bare);
  if (neverRanges.has(parsed.range()) || metadata.has(parsed.toString())) return false;
  const embedded = parsed.kind() === 'ipv6' ? findEmbedded(parsed.toByteArray()) : [];
  if (embedded.length > 0) return embedded.every((inner) => isAddressAllowed(inner, policy));
  return !policy.denyPrivate || parsed.range() === 'unicast';
}

/** IPv4 addresses that a packet to this IPv6 address may end up at. */
function findEmbedded(bytes: number[]): string[] {
  const startsWith = (...prefix: number[]) => prefix.every((byte, i) => bytes[i] === byte);
  const ipv4 = (...at: number[]) => at.map((i) => bytes[i]).join('.');
  const zeros = (count: number) => bytes.slice(0, count).every((byte) => byte === 0);
  const last = ipv4(12, 13, 14, 15);

  // ::ffff:a.b.c.d (mapped), ::ffff:0:a.b.c.d (RFC 2765), ::a.b.c.d (compatible, but not ::1)
  if (zeros(10) && bytes[10] === 0xff && bytes[11] === 0xff) return [last];
  if (zeros(8) && bytes[8] === 0xff && bytes[9] === 0xff && bytes[10] === 0 && bytes[11] === 0) return [last];
  if (zeros(12) && bytes[12] !== 0) return [last];
  // 64:ff9b::/96 and the local-use 64:ff9b:1::/48, where the address stands by the prefix length (RFC 6052 §2.2, RFC 8215)
  if (startsWith(0x00, 0x64, 0xff, 0x9b, 0x00, 0x01)) {
    const places = [ipv4(6, 7, 9, 10), ipv4(7, 9, 10, 11), ipv4(9, 10, 11, 12), last];
    const used = places.filter((address) => !address.startsWith('0.'));
    return used.length > 0 ? used : [last];
  }
  if (startsWith(0x00, 0x64, 0xff, 0x9b)) return [last];
  if (startsWith(0x20, 0x02)) return [ipv4(2, 3, 4, 5)];
  // Teredo: the server, and the client's address with every bit turned (RFC 4380 §4)
  if (startsWith(0x20, 0x01, 0x00, 0x00)) {
    return [ipv4(4, 5, 6, 7), [12, 13, 14, 15].map((i) => (bytes[i] ?? 0) ^ 0xff).join('.')];
  }
  // ISATAP interface identifier (RFC 5214 §6.1)
  if ((bytes[8] === 0x00 || bytes[8] === 0x02) && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe)
    return [last];
  return [];
}
