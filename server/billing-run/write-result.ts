/** What became of a run, as CSV: a row for each problem, or for each invoice and contact. A few hundred items at a time. */
import type { StoredMail } from '../invoice/stored-invoice.ts';
import { byteOrderMark, writeCsvRow } from '../platform/csv-text.ts';
import type { StoredItem } from './stored-run.ts';

type ListItems = (after: number, limit: number) => Promise<StoredItem[]>;

const atOnce = 300;

async function* eachPage(list: ListItems): AsyncGenerator<StoredItem[]> {
  let after = 0;
  for (;;) {
    const items = await list(after, atOnce);
    if (items.length === 0) return;
    yield items;
    after = items.at(-1)!.position;
  }
}

/** @param list those with problems. */
export async function* writeErrors(list: ListItems): AsyncGenerator<string> {
  yield byteOrderMark + writeCsvRow(['line', 'account', 'invoice', 'field', 'problem', 'code']);
  for await (const items of eachPage(list)) {
    yield items
      .flatMap((item) =>
        item.problems.map(({ path, code, message }) =>
          writeCsvRow([item.line, item.accountNumber, item.number, path, message, code]),
        ),
      )
      .join('');
  }
}

export async function* writeResult(
  list: ListItems,
  listMails: (invoiceIds: readonly string[]) => Promise<Map<string, StoredMail[]>>,
): AsyncGenerator<string> {
  const columns = [
    'line',
    'account',
    'invoice',
    'currency',
    'total',
    'state',
    'contact',
    'message_state',
    'reply',
    'message_id',
    'problem',
  ];
  yield byteOrderMark + writeCsvRow(columns);
  for await (const items of eachPage(list)) {
    const mails = await listMails(items.flatMap(({ invoiceId }) => invoiceId ?? []));
    yield items.map((item) => writeItem(item, mails.get(item.invoiceId ?? '') ?? [])).join('');
  }
}

function writeItem(item: StoredItem, mails: readonly StoredMail[]): string {
  const head = [item.line, item.accountNumber, item.number, item.currency, item.total ?? '', item.state];
  const problem = item.problems.map(({ message }) => message).join(' ');
  const current = mails.filter(({ isCurrent }) => isCurrent);
  if (current.length === 0) return writeCsvRow([...head, '', '', '', '', problem]);
  return current
    .map(({ address, state, reply, messageId }) => writeCsvRow([...head, address, state, reply, messageId, problem]))
    .join('');
}
