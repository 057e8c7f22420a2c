/**
 * Command lines, and the door in front of them: nothing reaches a command that could end it, add a parameter or change
 * who is meant (RFC 5321 §4.1.2). Comments, groups and routes are not addresses here; quoted local parts are, when they
 * are well formed and without angle brackets. Domains outside ASCII become A-labels (RFC 5891), by UTS 46, once.
 */
import { Buffer } from 'node:buffer';
import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

export interface WireAddress {
  /** What stands between the angle brackets. */
  text: string;
  /** A local part outside ASCII: only a server with SMTPUTF8 can take it (RFC 6531). */
  needsSmtpUtf8: boolean;
}

// RFC 5321 atext, and every letter outside ASCII except controls, separators and format characters (RFC 6531 §3.3)
const dotAtom = /^[\w!#$%&'*+/=?^`{|}~\u{a1}-\u{10ffff}-]+(\.[\w!#$%&'*+/=?^`{|}~\u{a1}-\u{10ffff}-]+)*$/u;
const unprintable = /[\p{C}\p{Z}]/u;
const quoted = /^"(?:[ !#-;=?-[\]-~]|\\[ !-;=?-~])*"$/;
const domainCharacters = /^[\p{L}\p{M}\p{N}._\u3002\uff0e\uff61-]+$/u;
const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const asciiDomain = new RegExp(`^${label}(?:\\.${label})*$`, 'i');
const ehloDomain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/** Null when it is not one plain mailbox that may stand in a command. */
export function toWireAddress(address: string): WireAddress | null {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(at, 0));
  const domain = toWireDomain(address.slice(at + 1));
  if (at < 1 || domain === null || Buffer.byteLength(local) > 255) return null;
  const isPlain = dotAtom.test(local) && !unprintable.test(local);
  if (!isPlain && !quoted.test(local)) return null;
  return { text: `${local}@${domain}`, needsSmtpUtf8: /[\u{80}-\u{10ffff}]/u.test(local) };
}

/** A-labels, or an address literal in brackets (RFC 5321 §4.1.3); null when it is neither. */
function toWireDomain(domain: string): string | null {
  if (domain.startsWith('[')) return isAddressLiteral(domain) ? domain : null;
  return toAsciiHost(domain);
}

/** A host name as it is looked up, named to TLS and written in commands; null when it is none. A final dot stays out. */
export function toAsciiHost(name: string): string | null {
  const bare = name.replace(/\.$/, '');
  // Only checked text is handed to the URL machinery: it would also decode %41 and read 127.1 as an address.
  if (!domainCharacters.test(bare)) return null;
  const ascii = asciiDomain.test(bare) ? bare : domainToASCII(bare);
  return ascii !== '' && ascii.length <= 253 && asciiDomain.test(ascii) ? ascii : null;
}

function isAddressLiteral(text: string): boolean {
  const inner = /^\[(?:IPv6:([^\]%]+)|([^\]]+))\]$/i.exec(text);
  return inner !== null && (inner[1] !== undefined ? isIPv6(inner[1]) : isIPv4(inner[2] ?? ''));
}

/** What may follow EHLO: a domain, or an address in brackets (`[2001:db8::1]` gets its `IPv6:` tag); null otherwise. */
export function toEhloName(name: string): string | null {
  if (name.length > 253) return null;
  if (ehloDomain.test(name)) return name;
  const tagged = name.replace(/^\[(?!IPv6:)(?=[^\]]*:)/i, '[IPv6:');
  return isAddressLiteral(tagged) ? tagged : null;
}

export interface MailParameters {
  sizeBytes?: number;
  is8Bit?: boolean;
  isSmtpUtf8?: boolean;
}

/** `address` comes from `toWireAddress`; empty is the null sender. */
export function formatMail(address: string, parameters: MailParameters): string {
  let line = `MAIL FROM:<${address}>`;
  if (parameters.sizeBytes !== undefined) line += ` SIZE=${parameters.sizeBytes}`;
  if (parameters.is8Bit === true) line += ' BODY=8BITMIME';
  if (parameters.isSmtpUtf8 === true) line += ' SMTPUTF8';
  return line;
}

export const formatRcpt = (address: string): string => `RCPT TO:<${address}>`;
