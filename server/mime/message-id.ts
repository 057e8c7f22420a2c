/** Message-ID (RFC 5322 §3.6.4): made once when a mail is accepted, so that a retry is recognisably the same mail. */
import { randomBytes } from 'node:crypto';
import { toAsciiDomain } from './address.ts';
import { MailValueError } from './mail-value.ts';

/**
 * @param domain of the From address: receivers distrust an id of a host they cannot place. Turned into A-labels.
 * @param random 16 bytes.
 * @returns with its angle brackets, as it stands in the header.
 * @throws MailValueError when `domain` is no host name.
 */
export const createMessageId = (domain: string, random: Uint8Array = randomBytes(16)): string => {
  const ascii = toAsciiDomain(domain);
  if (ascii === null) throw new MailValueError('messageId', 'not-an-address', 'its domain is not a host name');
  return `<${Buffer.from(random).toString('hex')}@${ascii}>`;
};

const shape = /^<[\w!#$%&'*+/=?^`{|}~.-]+@[\w!#$%&'*+/=?^`{|}~.-]+>$/;

/** @throws MailValueError unless it is `<left@right>` in plain ASCII, at most 250 characters. */
export const requireMessageId = (value: string, field: string): string => {
  if (value.length > 250) throw new MailValueError(field, 'too-long', 'give at most 250 characters');
  if (!shape.test(value)) throw new MailValueError(field, 'not-allowed', 'give it as <left@right>, without spaces');
  return value;
};
