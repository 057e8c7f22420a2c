/** What a sender may ask about notifications (RFC 3461): parameters of MAIL and RCPT, said only where DSN is offered. */
import { Buffer } from 'node:buffer';

export interface DsnRequest {
  /** Comes back in every notification; at most 100 characters of printable ASCII. */
  envelopeId?: string;
  /** How much of the message comes back with a failure. */
  returned?: 'full' | 'headers';
  /** When to tell; an empty list: never. */
  notify?: readonly ('success' | 'failure' | 'delay')[];
  /** Names each recipient's address as it was given, so that a notification can be matched after forwarding. */
  namesRecipient?: boolean;
}

/** RFC 3461 §4: printable ASCII without `+` and `=`, everything else as `+XX`. */
function toXtext(text: string): string {
  return text.replace(/[^!-*,-<>-~]/gu, (character) =>
    [...Buffer.from(character, 'utf8')].map((byte) => `+${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/** Behind MAIL, with the space before it; empty when there is nothing to say. */
export function formatMailDsn({ envelopeId = '', returned }: DsnRequest): string {
  const ret = returned === undefined ? '' : ` RET=${returned === 'full' ? 'FULL' : 'HDRS'}`;
  // The limit holds for the encoded text too (RFC 3461 §4.4); half an id would match nothing.
  const id = toXtext(envelopeId);
  const isPlain = /^[ -~]{1,100}$/.test(envelopeId) && id.length <= 100;
  return ret + (isPlain ? ` ENVID=${id}` : '');
}

/** Behind RCPT. An address outside ASCII needs a form of its own (RFC 6533), which few understand: it is not named. */
export function formatRcptDsn({ notify, namesRecipient }: DsnRequest, address: string): string {
  const words = notify?.length === 0 ? 'NEVER' : [...new Set(notify)].join(',').toUpperCase();
  const isNamed = namesRecipient === true && /^[!-~]{1,256}$/.test(address);
  return (words === '' ? '' : ` NOTIFY=${words}`) + (isNamed ? ` ORCPT=rfc822;${toXtext(address)}` : '');
}
