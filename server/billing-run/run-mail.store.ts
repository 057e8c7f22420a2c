/** What became of the mails of a billing run: how far it is, what waits, what failed. */
import { sql } from 'kysely';
import type { BillingProgress } from '../../contracts/billing-run.ts';
import type { Database } from '../database/open.ts';
import type { RunTogether } from '../database/run-together.ts';
import { addProgress } from './add-progress.ts';

export interface FailedMail {
  messageId: string;
  invoiceId: string;
  contactId: string;
}

export interface RunMailStore {
  readProgress: (runId: string) => Promise<BillingProgress>;
  /** Notes which mails were sent meanwhile, so that they need not be counted again. */
  countSent: (runId: string) => Promise<void>;
  /** Mails of the bulk lane that could leave at this moment, up to `most`; and those of this run that did not yet. */
  countWaiting: (runId: string, now: number, most: number) => Promise<{ ready: number; open: number }>;
  listFailed: (runId: string, before: number, after: string, limit: number) => Promise<FailedMail[]>;
  /** Those that wait in the queue. */
  listWaiting: (runId: string, after: string, limit: number) => Promise<string[]>;
}

const bulkLane = 2;
const failedStates = ['bounced', 'expired'];

export const openRunMail = ({ query }: Database, runTogether: RunTogether): RunMailStore => {
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
