/** The items of a billing run, one for each invoice of its file; a few hundred at a time. */
import type { Selectable } from 'kysely';
import type { BillingItemState } from '../../contracts/billing-run.ts';
import type { Database } from '../database/open.ts';
import type { RunTogether } from '../database/run-together.ts';
import type { BillingItemRow } from '../database/tables.ts';
import { decodeCursor } from '../platform/cursor.ts';
import { refuseField } from '../platform/refusal.ts';
import type { StoredItem } from './stored-run.ts';

export type ItemChange = Pick<StoredItem, 'position' | 'state' | 'problems' | 'invoiceId'>;

export interface BillingItemStore {
  addItems: (runId: string, items: readonly StoredItem[]) => Promise<void>;
  /** @returns how many were there and are not any more; 0: there are none. */
  removeItems: (runId: string, most: number) => Promise<number>;
  listItems: (
    runId: string,
    query: { state?: BillingItemState | undefined; after: number; limit: number },
  ) => Promise<StoredItem[]>;
  changeItems: (runId: string, changes: readonly ItemChange[]) => Promise<void>;
  changeAllItems: (runId: string, from: BillingItemState, to: BillingItemState) => Promise<void>;
}

export const openBillingItems = ({ query }: Database, runTogether: RunTogether): BillingItemStore => ({
  addItems: async (runId, items) => {
    const most = 50;
    const inserts = [];
    for (let from = 0; from < items.length; from += most) {
      const values = items.slice(from, from + most).map((item) => toItemRow(runId, item));
      inserts.push(query.insertInto('billing_item').values(values));
    }
    await runTogether(inserts);
  },
  removeItems: async (runId, most) => {
    const [rows] = await runTogether([
      query
        .deleteFrom('billing_item')
        .where('run_id', '=', runId)
        .where('position', 'in', (eb) =>
          eb.selectFrom('billing_item').select('position').where('run_id', '=', runId).limit(most),
        )
        .returning('position'),
    ]);
    return rows!.length;
  },
  listItems: async (runId, { state, after, limit }) => {
    let select = query
      .selectFrom('billing_item')
      .selectAll()
      .where('run_id', '=', runId)
      .where('position', '>', after)
      .orderBy('position')
      .limit(limit);
    if (state !== undefined) select = select.where('state', '=', state);
    return (await select.execute()).map(toItem);
  },
  changeItems: async (runId, changes) => {
    await runTogether(
      changes.map(({ position, state, problems, invoiceId }) =>
        query
          .updateTable('billing_item')
          .set({ state, problems: JSON.stringify(problems), invoice_id: invoiceId })
          .where('run_id', '=', runId)
          .where('position', '=', position),
      ),
    );
  },
  changeAllItems: async (runId, from, to) => {
    await runTogether([
      query
        .updateTable('billing_item')
        .set({ state: to, problems: '[]' })
        .where('run_id', '=', runId)
        .where('state', '=', from),
    ]);
  },
});

/** Of the item behind which a page begins. */
export const readPosition = (cursor: string | undefined): number => {
  if (cursor === undefined) return 0;
  const position = Number(decodeCursor(cursor));
  if (!Number.isSafeInteger(position)) throw refuseField('cursor', 'invalid', 'Start again without it.');
  return position;
};

function toItemRow(runId: string, item: StoredItem): BillingItemRow {
  return {
    run_id: runId,
    position: item.position,
    line: item.line,
    account_number: item.accountNumber,
    account_id: item.accountId,
    number: item.number,
    currency: item.currency,
    total: item.total,
    state: item.state,
    problems: JSON.stringify(item.problems),
    content: JSON.stringify(item.content),
    invoice_id: item.invoiceId,
  };
}

function toItem(row: Selectable<BillingItemRow>): StoredItem {
  return {
    position: row.position,
    line: row.line,
    accountNumber: row.account_number,
    accountId: row.account_id,
    number: row.number,
    currency: row.currency,
    total: row.total,
    state: row.state as BillingItemState,
    problems: JSON.parse(row.problems) as StoredItem['problems'],
    content: JSON.parse(row.content) as StoredItem['content'],
    invoiceId: row.invoice_id,
  };
}
