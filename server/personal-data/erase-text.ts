/** Takes a person out of texts that were written about their mail. */
import { randomBytes } from 'node:crypto';
import { splitMailboxes } from '../message-log/message-summary.ts';

export interface Erased {
  /** In lower case. */
  address: string;
  /** The person's, as contacts and headers had them. */
  names: readonly string[];
  placeholder: string;
}

/** Leads back to nobody, which a hash of the address would; the same for all of one erasure, so that the log still adds up. */
export const newPlaceholder = (): string => `erased-${randomBytes(8).toString('hex')}@erased.invalid`;

export const erasedWords = '(erased)';

/** Shorter ones are in too many other words. */
const leastName = 3;

export const eraseText = (text: string, { address, names, placeholder }: Erased): string => {
  let result = replaceAll(text, address, placeholder);
  for (const name of names) if (name.length >= leastName) result = replaceAll(result, name, erasedWords);
  return result;
};

/** `Ann <ann@x.example>, Bob <bob@x.example>` → the others as they are. */
export const eraseMailboxes = (text: string, erased: Erased): string =>
  splitMailboxes(text)
    .map((mailbox) => (addressOf(mailbox) === erased.address ? erased.placeholder : mailbox))
    .join(', ');

/** The names under which this address stands there. */
export const findNames = (text: string, address: string): string[] =>
  splitMailboxes(text)
    .filter((mailbox) => addressOf(mailbox) === address)
    .map((mailbox) => mailbox.replace(/<[^<>]*>\s*$/, '').trim())
    .filter((name) => name !== '' && name.toLowerCase() !== address);

const addressOf = (mailbox: string): string => (/<([^<>]*)>\s*$/.exec(mailbox)?.[1] ?? mailbox).trim().toLowerCase();

function replaceAll(text: string, part: string, by: string): string {
  const escaped = part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replaceAll(new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'giu'), () => by);
}
