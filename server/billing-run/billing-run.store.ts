/** Billing runs and their items in the database. Nothing here holds more than a few hundred items at a time. */
import { type Selectable, sql } from 'kysely';
import type { BillingItemState, BillingProgress, BillingRunState } from '../../contracts/billing-run.ts';
import type { Database } from '../database/open.ts';
import type { RunTogether } from '../database/run-together.ts';
import type { BillingItemRow, BillingRunRow } from '../database/tables.ts';
import { decodeCursor, encodeCursor } from '../platform/cursor.ts';
import { refuseField } from '../platform/refusal.ts';
import type { StoredItem, StoredRun } from './stored-run.ts';

export interface FailedMail {
  messageId: string;
  invoiceId: string;
  contactId: string;
}

export interface BillingRunStore {
  add: (run: StoredRun) => Promise<void>;
  read: (id: string) => Promise<StoredRun | null>;
  /** Newest first. */
  list: (page: { cursor?: string | undefined; limit: number }) => Promise<{ data: StoredRun[]; next: string | null }>;
  /** False: it is in none of the states `from` any more. */
  change: (id: string, from: readonly BillingRunState[], changes: RunChanges) => Promise<boolean>;
  remove: (id: string) => Promise<void>;
  /** A run that has something to do on this node and that nobody else has, leased. */
  claim: (owner: string, node: string, now: number, leasedUntil: number) => Promise<StoredRun | null>;
  /** False: it is in another state, or another's. */
  renew: (id: string, owner: string, state: BillingRunState, leasedUntil: number) => Promise<boolean>;
  release: (id: string, owner: string) => Promise<void>;
  addItems: (runId: string, items: readonly StoredItem[]) => Promise<void>;
  /** @returns how many were there and are not any more; 0: there are none. */
  removeItems: (runId: string, most: number) => Promise<number>;
  listItems: (
    runId: string,
    query: { state?: BillingItemState | undefined; after: number; limit: number },
  ) => Promise<StoredItem[]>;
  changeItems: (runId: string, changes: readonly ItemChange[]) => Promise<void>;
  changeAllItems: (runId: string, from: BillingItemState, to: BillingItemState) => Promise<void>;
  readProgress: (runId: string) => Promise<BillingProgress>;
  /** Notes which mails were sent meanwhile, so that they need not be counted again. */
  countSent: (runId: string) => Promise<void>;
  /** Mails of the bulk lane that could leave at this moment, up to `most`; and those of this run that did not yet. */
  countWaiting: (runId: string, now: number, most: number) => Promise<{ ready: number; open: number }>;
  listFailed: (runId: string, before: number, after: string, limit: number) => Promise<FailedMail[]>;
  /** Those that wait in the queue. */
  listWaiting: (runId: string, after: string, limit: number) => Promise<string[]>;
}

export type RunChanges = Partial<
  Pick<
    StoredRun,
    | 'state'
    | 'problem'
    | 'options'
    | 'invoiceCount'
    | 'checkedBytes'
    | 'check'
    | 'startedAt'
    | 'startedBy'
    | 'endedAt'
    | 'retriesBefore'
  >
>;
export type ItemChange = Pick<StoredItem, 'position' | 'state' | 'problems' | 'invoiceId'>;

const bulkLane = 2;
const failedStates = ['bounced', 'expired'];

export const openBillingRunStore = ({ query }: Database, runTogether: RunTogether): BillingRunStore => {
  const openMails = (runId: string) =>
    query
      .selectFrom('invoice_mail')
      .leftJoin('message', 'message.id', 'invoice_mail.message_id')
      .where('invoice_mail.run_id', '=', runId)
      .where('invoice_mail.is_current', '=', 1)
      .where('invoice_mail.is_sent', '=', 0);
  const countSent = async (runId: string) => {
    for (;;) {
      const rows = await openMails(runId)
        .select('invoice_mail.message_id')
        .where('message.state', '=', 'sent')
        .limit(500)
        .execute();
      if (rows.length === 0) return;
      const ids = rows.map(({ message_id }) => message_id);
      await runTogether([query.updateTable('invoice_mail').set({ is_sent: 1 }).where('message_id', 'in', ids)]);
      if (rows.length < 500) return;
    }
  };

  return {
    add: async (run) => {
      await runTogether([query.insertInto('billing_run').values(toRow(run))]);
    },
    read: async (id) => {
      const row = await query.selectFrom('billing_run').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? toStored(row) : null;
    },
    list: async ({ cursor, limit }) => {
      let select = query
        .selectFrom('billing_run')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(limit + 1);
      if (cursor !== undefined) select = select.where('id', '<', decodeCursor(cursor));
      const rows = await select.execute();
      return {
        data: rows.slice(0, limit).map(toStored),
        next: rows.length > limit ? encodeCursor(rows[limit - 1]!.id) : null,
      };
    },
    change: async (id, from, changes) => {
      const [rows] = await runTogether([
        query
          .updateTable('billing_run')
          .set(toColumns(changes))
          .where('id', '=', id)
          .where('state', 'in', from)
          .returning('id'),
      ]);
      return rows!.length > 0;
    },
    remove: async (id) => {
      await runTogether([query.deleteFrom('billing_run').where('id', '=', id)]);
    },
    claim: async (owner, node, now, leasedUntil) => {
      const candidate = await query
        .selectFrom('billing_run')
        .select('id')
        .where((eb) =>
          eb.or([
            eb('state', 'in', ['checking', 'running']),
            // Cancelled, and its mails are still being taken out of the queue.
            eb.and([eb('state', '=', 'cancelled'), eb('ended_at', 'is', null)]),
          ]),
        )
        .where((eb) =>
          eb.or([eb('leased_until', 'is', null), eb('leased_until', '<', now), eb('leased_by', '=', owner)]),
        )
        // Files lie in a node's own folder; what was checked is in the database.
        .where((eb) =>
          eb.or([eb('node', '=', node), eb.and([eb('state', '!=', 'checking'), eb('format', '!=', 'zip')])]),
        )
        .orderBy('leased_until')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      if (!candidate) return null;
      const [rows] = await runTogether([
        query
          .updateTable('billing_run')
          .set({ leased_by: owner, leased_until: leasedUntil })
          .where('id', '=', candidate.id)
          .where((eb) =>
            eb.or([eb('leased_until', 'is', null), eb('leased_until', '<', now), eb('leased_by', '=', owner)]),
          )
          .returningAll(),
      ]);
      const row = rows![0] as Selectable<BillingRunRow> | undefined;
      return row ? toStored(row) : null;
    },
    renew: async (id, owner, state, leasedUntil) => {
      const [rows] = await runTogether([
        query
          .updateTable('billing_run')
          .set({ leased_until: leasedUntil })
          .where('id', '=', id)
          .where('leased_by', '=', owner)
          .where('state', '=', state)
          .returning('id'),
      ]);
      return rows!.length > 0;
    },
    release: async (id, owner) => {
      await runTogether([
        query
          .updateTable('billing_run')
          .set({ leased_by: null, leased_until: null })
          .where('id', '=', id)
          .where('leased_by', '=', owner),
      ]);
    },
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
    countSent,
    readProgress: async (runId) => {
      await countSent(runId);
      const items = await query
        .selectFrom('billing_item')
        .select(['state', ({ fn }) => fn.countAll<number>().as('count')])
        .where('run_id', '=', runId)
        .groupBy('state')
        .execute();
      const sent = await query
        .selectFrom('invoice_mail')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('run_id', '=', runId)
        .where('is_current', '=', 1)
        .where('is_sent', '=', 1)
        .executeTakeFirstOrThrow();
      const others = await openMails(runId)
        .leftJoin('recipient', (join) =>
          join.onRef('recipient.message_id', '=', 'invoice_mail.message_id').on('recipient.position', '=', 0),
        )
        .select([
          'message.state',
          'invoice_mail.is_accepted',
          ({ fn }) => fn.countAll<number>().as('count'),
          sql<string | null>`max(coalesce(nullif(recipient.reply, ''), recipient.explanation))`.as('words'),
        ])
        .groupBy(['message.state', 'invoice_mail.is_accepted'])
        .execute();
      return addProgress(items, Number(sent.count), others);
    },
    countWaiting: async (runId, now, most) => {
      const settings = await query.selectFrom('smtp_settings').select('id').execute();
      let ready = 0;
      for (const id of ['', ...settings.map((one) => one.id)]) {
        const rows = await query
          .selectFrom('queue')
          .select('message_id')
          .where('settings_id', '=', id)
          .where('lane', '=', bulkLane)
          .where('leased_until', 'is', null)
          .where('ready_at', '<=', now)
          .limit(most - ready)
          .execute();
        ready += rows.length;
        if (ready >= most) break;
      }
      const open = await openMails(runId)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where((eb) =>
          eb.or([eb('message.state', 'is', null), eb('message.state', 'in', ['queued', 'sending', 'deferred'])]),
        )
        .executeTakeFirstOrThrow();
      return { ready, open: Number(open.count) };
    },
    listFailed: async (runId, before, after, limit) => {
      const rows = await openMails(runId)
        .select(['invoice_mail.message_id', 'invoice_mail.invoice_id', 'invoice_mail.contact_id'])
        .where('message.state', 'in', failedStates)
        .where('invoice_mail.created_at', '<', before)
        .where('invoice_mail.message_id', '>', after)
        .orderBy('invoice_mail.message_id')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ messageId: row.message_id, invoiceId: row.invoice_id, contactId: row.contact_id }));
    },
    listWaiting: async (runId, after, limit) => {
      const rows = await openMails(runId)
        .select('invoice_mail.message_id')
        .where('message.state', 'in', ['queued', 'sending', 'deferred', 'held'])
        .where('invoice_mail.message_id', '>', after)
        .orderBy('invoice_mail.message_id')
        .limit(limit)
        .execute();
      return rows.map(({ message_id }) => message_id);
    },
  };
};

interface MailCount {
  state: string | null;
  is_accepted: number;
  count: number | string;
  words: string | null;
}

const waitingWords: Record<string, string> = {
  accepting: 'They are being handed over.',
  queued: 'They wait for their turn at the mail server.',
  sending: 'They are being sent.',
  deferred: 'The server refused them for now; they are tried again.',
  held: 'They are held: look at them in the message log.',
  uncertain: 'The line broke after the message was handed over; it is not known whether it arrived.',
};
const failedWords: Record<string, string> = {
  bounced: 'The server refused them for good.',
  expired: 'Their time ran out before a server took them.',
  cancelled: 'They were cancelled.',
  gone: 'The log does not keep them any more.',
};

function addProgress(
  items: { state: string; count: number | string }[],
  sent: number,
  others: readonly MailCount[],
): BillingProgress {
  const itemsIn = (state: BillingItemState) => Number(items.find((one) => one.state === state)?.count ?? 0);
  const counted = others.map(({ state, is_accepted, count, words }) => {
    const code = state ?? (is_accepted === 1 ? 'gone' : 'accepting');
    return { code, count: Number(count), words };
  });
  // What was sent since it was last noted is counted as sent all the same.
  const justSent = counted.filter(({ code }) => code === 'sent').reduce((sum, { count }) => sum + count, 0);
  const pick = (all: Record<string, string>) =>
    counted
      .filter(({ code }) => all[code] !== undefined)
      .map(({ code, count, words }) => ({ code, count, message: [all[code], words].filter(Boolean).join(' ') }));
  const [waitingFor, failedBecause] = [pick(waitingWords), pick(failedWords)];
  const sum = (all: { count: number }[]) => all.reduce((total, { count }) => total + count, 0);
  const progress = {
    ready: itemsIn('ready'),
    accepted: itemsIn('accepted'),
    refused: itemsIn('refused'),
    cancelled: itemsIn('cancelled'),
    repeated: itemsIn('repeated'),
  };
  return {
    invoices: Object.values(progress).reduce((total, count) => total + count, 0),
    ...progress,
    messages: sent + justSent + sum(waitingFor) + sum(failedBecause),
    sent: sent + justSent,
    waiting: sum(waitingFor),
    failed: sum(failedBecause),
    waiting_for: waitingFor,
    failed_because: failedBecause,
  };
}

export const readPosition = (cursor: string | undefined): number => {
  if (cursor === undefined) return 0;
  const position = Number(decodeCursor(cursor));
  if (!Number.isSafeInteger(position)) throw refuseField('cursor', 'invalid', 'Start again without it.');
  return position;
};

function toColumns({ options, check, ...changes }: RunChanges): Partial<BillingRunRow> {
  const names = {
    state: 'state',
    problem: 'problem',
    invoiceCount: 'invoice_count',
    checkedBytes: 'checked_bytes',
    startedAt: 'started_at',
    startedBy: 'started_by',
    endedAt: 'ended_at',
    retriesBefore: 'retries_before',
  } as const;
  const columns = Object.entries(changes).map(([name, value]) => [names[name as keyof typeof names], value]);
  return {
    ...(Object.fromEntries(columns) as Partial<BillingRunRow>),
    ...(options && { options: JSON.stringify(options) }),
    ...(check !== undefined && { findings: check && JSON.stringify(check) }),
  };
}

function toRow(run: StoredRun): BillingRunRow {
  return {
    id: run.id,
    name: run.name,
    state: run.state,
    problem: run.problem,
    format: run.format,
    file_name: run.fileName,
    file: run.file,
    node: run.node,
    size_bytes: run.sizeBytes,
    invoice_count: run.invoiceCount,
    columns: JSON.stringify(run.columns),
    options: JSON.stringify(run.options),
    pdfs: JSON.stringify(run.pdfs),
    checked_bytes: run.checkedBytes,
    findings: run.check && JSON.stringify(run.check),
    leased_by: null,
    leased_until: null,
    created_at: run.createdAt,
    created_by: run.createdBy,
    started_at: run.startedAt,
    started_by: run.startedBy,
    ended_at: run.endedAt,
    retries_before: run.retriesBefore,
  };
}

function toStored(row: Selectable<BillingRunRow>): StoredRun {
  return {
    id: row.id,
    name: row.name,
    state: row.state as BillingRunState,
    problem: row.problem,
    format: row.format as StoredRun['format'],
    fileName: row.file_name,
    file: row.file,
    node: row.node,
    sizeBytes: row.size_bytes,
    invoiceCount: row.invoice_count,
    columns: JSON.parse(row.columns) as StoredRun['columns'],
    options: JSON.parse(row.options) as StoredRun['options'],
    pdfs: JSON.parse(row.pdfs) as StoredRun['pdfs'],
    checkedBytes: row.checked_bytes,
    check: row.findings === null ? null : (JSON.parse(row.findings) as StoredRun['check']),
    createdAt: row.created_at,
    createdBy: row.created_by,
    startedAt: row.started_at,
    startedBy: row.started_by,
    endedAt: row.ended_at,
    retriesBefore: row.retries_before,
  };
}

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
