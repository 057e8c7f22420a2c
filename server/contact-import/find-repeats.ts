/** What contradicts within a file: a contact twice, two accounts of one number, two first choices. The first row is right. */
import type { FieldProblem } from '../../contracts/problem.ts';
import { type AccountFields, foldAddress, foldNumber } from '../contact/account.ts';
import type { GivenRow } from './read-row.ts';

/** @returns adds to a row's problems what contradicts the rows before it; a faulty row counts for nothing. */
export const openRepeatFinder = (): ((given: GivenRow) => GivenRow) => {
  const accounts = new Map<string, { row: number; fields: Partial<AccountFields> }>();
  const contacts = new Map<string, number>();
  const firsts = new Map<string, number>();

  return (given) => {
    const { row, number, account, contact } = given;
    if (given.problems.length > 0) return given;
    const problems: FieldProblem[] = [];
    const key = foldNumber(number);
    const before = accounts.get(key);
    for (const name of ['name', 'status', 'language', 'currency'] as const) {
      const [is, was] = [account[name], before?.fields[name]];
      if (is === undefined || was === undefined || is === was) continue;
      const message = `Row ${before?.row} says "${was}" for the account ${number}. Say the same in both.`;
      problems.push({ path: `account_${name}`, code: 'duplicate_number', message });
    }
    const contactKey = `${key}\n${contact === null ? '' : foldAddress(contact.address)}`;
    const repeated = contacts.get(contactKey);
    if (repeated !== undefined) {
      const path = contact === null ? 'account_number' : 'contact_address';
      const message = `Row ${repeated} is the same ${contact === null ? 'account' : 'contact of the same account'}. Leave one of them.`;
      problems.push({ path, code: 'duplicate_in_file', message });
    }
    for (const kind of contact?.primary_for ?? []) {
      const first = firsts.get(`${key}\n${kind}`);
      if (first === undefined) continue;
      const message = `Row ${first} is the first choice for ${kind} of the account ${number} already.`;
      problems.push({ path: 'contact_primary_for', code: 'duplicate_primary', message });
    }
    if (problems.length > 0) return { ...given, problems };

    accounts.set(key, { row: before?.row ?? row, fields: { ...before?.fields, ...account } });
    contacts.set(contactKey, row);
    for (const kind of contact?.primary_for ?? []) firsts.set(`${key}\n${kind}`, row);
    return given;
  };
};
