/**
 * Addresses, read strictly: `local@domain` as RFC 5321 §4.1.2 Mailbox has it, and nothing around it.
 *
 * Comments, groups, routes, quoted local parts and address literals are refused, not understood: every parser reads them
 * differently, and the difference is how mail is led to somebody else. An internationalised domain is turned into
 * A-labels once (UTS #46), here; what is compared, written and sent afterwards is that form. A local part outside ASCII
 * (RFC 6531) stays as it is and needs a server with SMTPUTF8.
 */
import { domainToASCII } from 'node:url';
import { isAscii, MailValueError, requireHeaderText } from './mail-value.ts';

export interface MailAddress {
  name?: string;
  address: string;
}

export interface ParsedAddress {
  local: string;
  /** A-labels. */
  domain: string;
}

/** RFC 5321 §4.5.3.1, octets. */
const maxLocal = 64;
const maxAddress = 254;
const maxDomain = 253;

const dotAtom = /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
const utf8DotAtom = /^[\p{L}\p{M}\p{N}\p{So}\w!#$%&'*+/=?^`{|}~-]+(\.[\p{L}\p{M}\p{N}\p{So}\w!#$%&'*+/=?^`{|}~-]+)*$/u;
const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/i;

/** @throws MailValueError that names `field`. */
export const parseAddress = (text: string, field: string): ParsedAddress => {
  requireHeaderText(text, field, 2 * maxAddress);
  const at = text.indexOf('@');
  const local = text.slice(0, at);
  const domain = toAsciiDomain(text.slice(at + 1));
  if (at < 1 || domain === null || !isLocalPart(local)) {
    throw new MailValueError(field, 'not-an-address', 'give one address such as billing@example.com and nothing else');
  }
  if (Buffer.byteLength(local) > maxLocal || Buffer.byteLength(local) + 1 + domain.length > maxAddress) {
    throw new MailValueError(field, 'too-long', `give at most ${maxLocal} octets before the @, ${maxAddress} in all`);
  }
  return { local, domain };
};

/** What nearly every address looks like; it is what it will be on the wire. */
const simple =
  /^[\w+-]{1,40}(?:\.[\w+-]{1,40}){0,4}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z][a-z0-9]{1,20}$/i;

/** `local@domain` as it goes over the wire: the domain in A-labels. */
export const toWireAddress = (text: string, field: string): string => {
  if (typeof text === 'string' && text.length <= maxLocal && simple.test(text)) return text;
  const { local, domain } = parseAddress(text, field);
  return `${local}@${domain}`;
};

/** Whether only a server that offers SMTPUTF8 (RFC 6531) can take this address. */
export const needsSmtpUtf8 = (wireAddress: string): boolean => !isAscii(wireAddress);

/** Null for what is no host name. */
export const toAsciiDomain = (domain: string): string | null => {
  // The URL parser behind domainToASCII also reads %41 and 0x7f.1; host names have neither.
  const ascii = isAscii(domain) ? domain : /[%/?#:@[\]\\\s]/.test(domain) ? '' : domainToASCII(domain);
  const labels = ascii.split('.');
  if (ascii.length > maxDomain || !labels.every((part) => label.test(part))) return null;
  // A last label of digits alone is an IPv4 address, which a mailbox has only in brackets.
  return /^\d+$/.test(labels.at(-1) ?? '') ? null : ascii;
};

function isLocalPart(local: string): boolean {
  if (isAscii(local)) return dotAtom.test(local);
  // A character that some later normalisation turns into "@", "(" or "," must not get in.
  return utf8DotAtom.test(local) && utf8DotAtom.test(local.normalize('NFKC'));
}
