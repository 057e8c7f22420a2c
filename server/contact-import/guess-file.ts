/** What a file of contacts is, guessed: its encoding, and what its columns mean. A person can say otherwise. */
import { type ContactFileField, type ContactMapping, contactFileFields } from '../../contracts/contact-import.ts';
import type { CsvEncoding } from '../platform/csv-text.ts';
import { foldText } from '../smtp-settings/smtp-settings.ts';

export const encodingNames: Record<CsvEncoding, string> = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16',
  'utf-16be': 'UTF-16',
  'windows-1252': 'Windows-1252',
};

/** @param isUtf8 whether all of the file is. Null: not a text. */
export const guessEncoding = (head: Uint8Array, isUtf8: boolean): CsvEncoding | null => {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  if (head.includes(0)) return null;
  return isUtf8 ? 'utf-8' : 'windows-1252';
};

/** Folded, without blanks and signs. The names of our own export are among them by themselves. */
const words: Record<ContactFileField, string> = {
  account_number:
    'accountno accountid customernumber customerno customerid clientnumber number kundennummer kundennr kontonummer debitor debitornummer account nummer',
  account_name:
    'company companyname customer customername client clientname organization organisation firma firmenname kunde kundenname',
  account_status: 'status customerstatus kundenstatus',
  account_language: 'companylanguage customerlanguage',
  account_currency: 'currency waehrung währung isocurrency',
  contact_name: 'name fullname contact contactperson person ansprechpartner kontakt displayname',
  contact_address:
    'email emailaddress mail address mailadresse emailadresse contactemail billingemail invoiceemail adresse',
  contact_kinds: 'kind kinds type types role roles contacttype art arten rolle',
  contact_primary_for: 'primary primaryfor isprimary main hauptkontakt',
  contact_language: 'language lang locale sprache',
  contact_is_active: 'active isactive enabled aktiv',
};

export const guessMapping = (columns: readonly string[]): ContactMapping => {
  const mapping: ContactMapping = {};
  const taken = new Set<number>();
  const take = (field: ContactFileField, fits: (name: string) => boolean) => {
    if (mapping[field] !== undefined) return;
    const at = columns.findIndex(
      (name, place) => !taken.has(place) && fits(foldText(name).replaceAll(/[^\p{L}\p{N}]/gu, '')),
    );
    if (at < 0) return;
    mapping[field] = at;
    taken.add(at);
  };
  for (const field of contactFileFields) take(field, (name) => name === field.replaceAll('_', ''));
  for (const field of contactFileFields)
    for (const word of words[field].split(' ')) take(field, (name) => name === word);
  return mapping;
};
