/** One mailbox as people write it: `ada@example.com`, `Ada Lovelace <ada@example.com>`, `"Lovelace, Ada" <ada@example.com>`. */
import { type MailAddress, parseAddress } from '../mime/address.ts';
import { MailValueError, requireHeaderText } from '../mime/mail-value.ts';

export interface Mailbox extends MailAddress {
  name: string;
}

const maxText = 1000;
const bracketed = /^([^<>]*)<([^<>]*)>$/;
const quoted = /^"((?:[^"\\]|\\.)*)"$/;

/**
 * The address comes back as it goes over the wire, its domain in lower case. The part before the @ is left as it is: only
 * its own server knows what two spellings of it mean (RFC 5321 §2.4).
 * @throws MailValueError that names `field`, for everything but one strict address with a name before it.
 */
export const parseMailbox = (text: string, field: string): Mailbox => {
  const [, before = '', inside] = bracketed.exec(requireHeaderText(text, field, maxText).trim()) ?? [];
  const { local, domain } = parseAddress((inside ?? text).trim(), field);
  return { name: readName(before.trim(), field), address: `${local}@${domain.toLowerCase()}` };
};

/** `Ada <ada@example.com>`, for lists and search; the bytes of a message are the composer's. */
export const formatMailbox = ({ name, address }: MailAddress): string => (name ? `${name} <${address}>` : address);

function readName(text: string, field: string): string {
  const inQuotes = quoted.exec(text)?.[1];
  if (inQuotes !== undefined) return inQuotes.replace(/\\(.)/g, '$1');
  if (!text.includes('"') && !text.includes('@')) return text;
  // `"a@example.com" <b@example.com>` is a name that lies, but a name; without quotes it could be a second address.
  throw new MailValueError(field, 'not-an-address', 'put a name with quotes or an @ in it into "…", then <address>');
}
