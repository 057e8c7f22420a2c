/**
 * How to leave a list: List-Unsubscribe (RFC 2369) and, for the button that mail programs show, List-Unsubscribe-Post (RFC
 * 8058). One click needs an https address that takes a POST, and a signature that covers both fields.
 */
import { toWireAddress } from './address.ts';
import { writeStructured } from './header-field.ts';
import { MailValueError, requireHeaderText } from './mail-value.ts';

export interface ListUnsubscribe {
  /** `https://…`; it alone identifies list and recipient, for nobody is signed in there. */
  url?: string;
  /** An address, or one with its subject: `leave@example.com?subject=leave%20123`. Without `mailto:`. */
  mailto?: string;
  /** Whether a POST to `url` unsubscribes at once, without asking. */
  isOneClick?: boolean;
}

/** RFC 3986 §2, less commas (RFC 2369 §2) and parentheses, which begin a comment for some readers: percent-encode them. */
const uriPattern = /^[\w:/?#[\]@!$&'*+;=.~%-]+$/;
/** With its brackets and field name it stays well under the longest line. */
const maxUri = 900;

const postValue = 'List-Unsubscribe=One-Click';

/**
 * @param names of the fields that the mail has already, in lower case.
 * @throws MailValueError that names `field.url`, `field.mailto` or `field.isOneClick`.
 */
export const writeListUnsubscribe = (list: ListUnsubscribe, field: string, names: ReadonlySet<string>): string => {
  if (names.has('list-unsubscribe')) {
    throw new MailValueError(field, 'not-allowed', 'the header List-Unsubscribe is given as well; give one of them');
  }
  const uris: string[] = [];
  if (list.url !== undefined) uris.push(`<${requireUrl(list.url, `${field}.url`)}>`);
  if (list.mailto !== undefined) uris.push(`<mailto:${requireMailto(list.mailto, `${field}.mailto`)}>`);
  if (uris.length === 0) throw new MailValueError(field, 'missing', 'give a url, a mailto address, or both');
  if (list.isOneClick && list.url === undefined) {
    throw new MailValueError(`${field}.isOneClick`, 'not-allowed', 'one click needs an https url');
  }
  const post = list.isOneClick ? `List-Unsubscribe-Post: ${postValue}\r\n` : '';
  return writeStructured('List-Unsubscribe', uris.join(', '), field) + post;
};

function requireUrl(url: string, field: string): string {
  requireHeaderText(url, field, maxUri);
  if (!url.startsWith('https://') || !uriPattern.test(url) || !URL.canParse(url)) {
    throw new MailValueError(
      field,
      'not-allowed',
      'give an address that begins with https://, with commas and brackets percent-encoded',
    );
  }
  return url;
}

function requireMailto(mailto: string, field: string): string {
  requireHeaderText(mailto, field, maxUri);
  const [address = '', ...query] = mailto.split('?');
  const wire = toWireAddress(address, field);
  const isGood = query.length <= 1 && uriPattern.test(wire) && query.every((part) => uriPattern.test(part));
  // "%" and "," in the local part would be read as more than one address (RFC 6068 §2).
  if (!isGood || /[%,&]/.test(wire)) throw new MailValueError(field, 'not-an-address', 'give one plain address');
  return [wire, ...query].join('?');
}

/** @returns the value, as a caller wrote it: addresses in angle brackets, separated by commas. @throws MailValueError */
export const checkUnsubscribe = (value: string, field: string): string => {
  const uris = value.split(',').map((part) => /^\s*<\s*([^<>\s]+)\s*>\s*$/.exec(part)?.[1] ?? '');
  const isGood = uris.every(
    (uri) => /^(https?:\/\/|mailto:)./i.test(uri) && uriPattern.test(uri) && uri.length <= maxUri,
  );
  if (!isGood) throw new MailValueError(field, 'not-allowed', 'give <https://…> or <mailto:…>, separated by commas');
  return value;
};

/** @throws MailValueError where RFC 8058 would not let it count. */
export const checkUnsubscribePost = (value: string, unsubscribe: string | null, field: string): void => {
  if (value !== postValue) throw new MailValueError(field, 'not-allowed', `its one value is ${postValue}`);
  if (!/<\s*https:\/\//i.test(unsubscribe ?? '')) {
    throw new MailValueError(field, 'not-allowed', 'one click needs a List-Unsubscribe with an https address');
  }
};
