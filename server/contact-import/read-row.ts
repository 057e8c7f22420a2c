/** One row of a file as what it says: cells checked one by one, what is empty left out, every fault named with its column. */
import {
  AccountNumber,
  type AccountState,
  accountStates,
  type ContactKind,
  contactKinds,
} from '../../contracts/account.ts';
import type { ContactFileField, ContactMapping } from '../../contracts/contact-import.ts';
import { hasNoControl } from '../../contracts/line.ts';
import type { FieldProblem } from '../../contracts/problem.ts';
import { EmailAddress } from '../../contracts/smtp-settings.ts';
import { Language } from '../../contracts/submission.ts';
import { type AccountFields, type ContactFields, checkAddress } from '../contact/account.ts';
import { isCurrency } from '../invoice/money.ts';
import { unprotectCell } from '../platform/csv-text.ts';

export interface GivenRow {
  /** Line of the file. */
  row: number;
  /** As they stand there. */
  cells: string[];
  number: string;
  account: Partial<Omit<AccountFields, 'number'>>;
  /** Null: the row is about the account alone. */
  contact: ({ address: string } & Partial<Omit<ContactFields, 'address'>>) | null;
  problems: FieldProblem[];
}

const yes = /^(yes|y|true|1|active|ja|j|x|on)$/i;
const no = /^(no|n|false|0|inactive|nein|off)$/i;
const statusWords: Record<string, AccountState> = { open: 'active', aktiv: 'active', inactive: 'closed' };
const kindWords: Record<string, ContactKind> = {
  invoice: 'billing',
  invoices: 'billing',
  accounting: 'billing',
  rechnung: 'billing',
  support: 'technical',
  tech: 'technical',
  technik: 'technical',
  allgemein: 'general',
};

/** @param columns names, for the faults. */
export const readRow = (
  row: number,
  cells: string[],
  mapping: ContactMapping,
  columns: readonly string[],
): GivenRow => {
  const problems: FieldProblem[] = [];
  const cell = (field: ContactFileField): string => {
    const at = mapping[field];
    return at === undefined ? '' : unprotectCell((cells[at] ?? '').trim()).trim();
  };
  const fault = (field: ContactFileField, code: string, repair: string) => {
    const at = mapping[field];
    const column = at === undefined ? '' : `Column "${columns[at] ?? at + 1}": `;
    problems.push({ path: field, code, message: `${column}${repair}` });
  };
  /** Undefined: empty, or a fault that has been named. */
  const read = <T>(field: ContactFileField, parse: (text: string) => T | Fault): T | undefined => {
    const text = cell(field);
    if (text === '') return undefined;
    const value = parse(text);
    if (!(value instanceof Fault)) return value;
    fault(field, value.code, value.repair);
    return undefined;
  };
  const line = (max: number) => (text: string) => {
    if (text.length > max) return new Fault('too_long', `at most ${max} characters.`);
    return hasNoControl(text) ? text : new Fault('invalid', 'remove line breaks and other control characters.');
  };
  const language = (text: string) => {
    if (Language.safeParse(text).success) return text;
    return new Fault('unknown_language', `"${shorten(text)}" is no language such as en, de or pt-BR.`);
  };

  const number = cell('account_number');
  const checkedNumber = AccountNumber.safeParse(number);
  if (!checkedNumber.success)
    fault('account_number', number === '' ? 'required' : 'invalid', checkedNumber.error.issues[0]?.message ?? '');
  const account = {
    name: read('account_name', line(200)),
    status: read('account_status', (text) => {
      const word = text.toLowerCase();
      const status = accountStates.find((one) => one === word) ?? statusWords[word];
      return status ?? new Fault('unknown_status', `"${shorten(text)}" is neither active nor closed.`);
    }),
    language: read('account_language', language),
    currency: read('account_currency', (text) => {
      const code = text.toUpperCase();
      return isCurrency(code) ? code : new Fault('unknown_currency', `"${shorten(text)}" is no currency such as EUR.`);
    }),
  };
  const rest = {
    name: read('contact_name', line(200)),
    kinds: read('contact_kinds', readKinds),
    primary_for: read('contact_primary_for', (text) => (/^(none|no|-)$/i.test(text) ? [] : readKinds(text))),
    language: read('contact_language', language),
    is_active: read('contact_is_active', (text) => {
      if (yes.test(text)) return true;
      return no.test(text) ? false : new Fault('invalid', `"${shorten(text)}" is neither yes nor no.`);
    }),
  };
  const text = cell('contact_address');
  let address = '';
  if (text !== '') {
    const checked = EmailAddress.safeParse(text).success ? checkAddress(text, 'contact_address') : null;
    if (checked && 'address' in checked) address = checked.address;
    else
      fault('contact_address', 'bad_address', `"${shorten(text)}" is no e-mail address such as billing@example.com.`);
  } else if (rest.name !== undefined) {
    fault('contact_address', 'required', 'a contact needs an address.');
  }
  return {
    row,
    cells,
    number,
    account: withoutUndefined(account),
    contact: text === '' ? null : { address, ...withoutUndefined(rest) },
    problems,
  };
};

class Fault {
  readonly code: string;
  /** What to do. */
  readonly repair: string;
  constructor(code: string, repair: string) {
    this.code = code;
    this.repair = repair;
  }
}

const shorten = (text: string) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

function readKinds(text: string): ContactKind[] | Fault {
  const kinds = new Set<ContactKind>();
  for (const word of text
    .toLowerCase()
    .split(/[\s,;|/+]+/)
    .filter(Boolean)) {
    const kind = contactKinds.find((one) => one === word) ?? kindWords[word];
    if (!kind) return new Fault('unknown_kind', `"${shorten(word)}" is no kind. There are ${contactKinds.join(', ')}.`);
    kinds.add(kind);
  }
  return contactKinds.filter((kind) => kinds.has(kind));
}

function withoutUndefined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
