/** HTTP for billing runs. What takes long is done by the worker; what is answered here is where the run stands. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import {
  type BillingItem,
  type BillingMapping,
  type BillingRunState,
  cancelBillingRun,
  checkBillingRun,
  deleteBillingRun,
  listBillingItems,
  listBillingRuns,
  pauseBillingRun,
  readBillingErrors,
  readBillingResult,
  readBillingRun,
  resumeBillingRun,
  retryFailedOfBillingRun,
  startBillingRun,
  uploadBillingRun,
} from '../../contracts/billing-run.ts';
import type { InvoiceStore } from '../invoice/invoice.store.ts';
import type { StoredMail } from '../invoice/stored-invoice.ts';
import type { Clock } from '../platform/clock.ts';
import { encodeCursor } from '../platform/cursor.ts';
import { callerName, type Router } from '../platform/http.ts';
import { newId } from '../platform/id.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';
import type { BillingFileStore } from './billing-file.store.ts';
import { readPosition } from './billing-item.store.ts';
import type { BillingRunStore, RunChanges } from './billing-run.store.ts';
import { UnreadableFile } from './file-fault.ts';
import { guessOptions, type StoredItem, type StoredRun, toRun, toRunSummary } from './stored-run.ts';
import { writeErrors, writeResult } from './write-result.ts';

export interface BillingRunRouteParts {
  runs: BillingRunStore;
  files: BillingFileStore;
  invoices: Pick<InvoiceStore, 'listMails'>;
  wake: () => void;
  clock: Clock;
  node: string;
}

/** After these there is progress to tell. */
const begun: readonly BillingRunState[] = ['running', 'paused', 'finished', 'cancelled'];

export const addBillingRunRoutes = ({ route }: Router, parts: BillingRunRouteParts): void => {
  const { runs, files, invoices, clock } = parts;
  const find = async (id: string): Promise<StoredRun> => {
    const run = await runs.read(id);
    if (!run) throw new Refusal('not_found', 'There is no billing run with this id.');
    return run;
  };
  const show = async (id: string) => {
    const run = await find(id);
    const hasBegun = begun.includes(run.state) && run.startedAt !== null;
    return toRun(run, hasBegun ? await runs.readProgress(id) : null);
  };
  /** @param from the states in which this can be done. @param what for the sentence that refuses it. */
  const change = async (id: string, from: readonly BillingRunState[], what: string, changes: RunChanges) => {
    await find(id);
    if (!(await runs.change(id, from, changes))) {
      const { state } = await find(id);
      throw new Refusal('conflict', `This run is ${state}, so it cannot be ${what}.`);
    }
    parts.wake();
    return show(id);
  };

  route(uploadBillingRun, async ({ query, stream, caller }) => {
    if (!stream) throw new Refusal('unsupported_media_type', 'Send the file as application/octet-stream.');
    const kept = await files.keep(stream).catch(refuseUnreadable);
    try {
      const { format, columns, pdfs } = await files.inspect(kept.file).catch(refuseUnreadable);
      const now = clock.now();
      const run: StoredRun = {
        id: newId('run', now),
        name: query.name || query.file_name,
        state: 'uploaded',
        problem: '',
        format,
        fileName: query.file_name,
        file: kept.file,
        node: parts.node,
        sizeBytes: kept.sizeBytes,
        invoiceCount: 0,
        columns,
        options: guessOptions(columns),
        pdfs,
        checkedBytes: 0,
        check: null,
        createdAt: now,
        createdBy: callerName(caller),
        startedAt: null,
        startedBy: null,
        endedAt: null,
        retriesBefore: null,
      };
      await runs.add(run);
      return toRun(run, null);
    } catch (error) {
      await files.remove(kept.file);
      throw error;
    }
  });

  route(listBillingRuns, async ({ query }) => {
    const { data, next } = await runs.list(query);
    return { data: data.map(toRunSummary), next };
  });

  route(readBillingRun, async ({ params }) => show(params.id));

  route(checkBillingRun, async ({ params, body }) => {
    const run = await find(params.id);
    const known = run.columns.map(({ name }) => name);
    for (const [field, column] of Object.entries(body.mapping)) {
      if (column === undefined || known.includes(column)) continue;
      throw refuseField(`mapping.${field}`, 'unknown', `The file has no column "${column}".`);
    }
    if (run.columns.length > 0) requireMapping(body.mapping);
    const changes = { state: 'checking', problem: '', options: body, check: null, checkedBytes: 0 } as const;
    return change(params.id, ['uploaded', 'checked', 'checking'], 'checked any more', changes);
  });

  route(listBillingItems, async ({ params, query }) => {
    await find(params.id);
    const after = readPosition(query.cursor);
    const items = await runs.listItems(params.id, { state: query.state, after, limit: query.limit + 1 });
    const page = items.slice(0, query.limit);
    const mails = await invoices.listMails(page.flatMap(({ invoiceId }) => invoiceId ?? []));
    const data = page.map((item) => toItem(item, mails.get(item.invoiceId ?? '') ?? []));
    return { data, next: items.length > query.limit ? encodeCursor(String(page.at(-1)!.position)) : null };
  });

  route(startBillingRun, async ({ params, body, caller }) => {
    const { check } = await find(params.id);
    if (check && check.faulty > 0 && !body.skip_faulty) {
      const message = `${check.faulty} of ${check.invoices} invoices are faulty. Correct the file, or say that they are to be left out.`;
      throw refuseField('skip_faulty', 'faulty_rows', message);
    }
    if (check && check.ready === 0)
      throw new Refusal('conflict', 'No invoice of this run is ready, so there is nothing to start.');
    const changes = { state: 'running', problem: '', startedAt: clock.now(), startedBy: callerName(caller) } as const;
    return change(params.id, ['checked'], 'started', changes);
  });

  route(pauseBillingRun, ({ params }) => change(params.id, ['running'], 'paused', { state: 'paused', problem: '' }));
  route(resumeBillingRun, ({ params }) => change(params.id, ['paused'], 'resumed', { state: 'running' }));
  route(cancelBillingRun, async ({ params }) => {
    const run = await find(params.id);
    // Nothing was mailed of what was never started.
    const endedAt = run.startedAt === null ? clock.now() : null;
    const from = ['uploaded', 'checking', 'checked', 'running', 'paused', 'finished'] as const;
    return change(params.id, from, 'cancelled', { state: 'cancelled', problem: '', endedAt });
  });
  route(retryFailedOfBillingRun, async ({ params, caller }) => {
    const changes = { state: 'running', problem: '', endedAt: null, retriesBefore: clock.now() } as const;
    const run = await find(params.id);
    if (!['running', 'paused', 'finished'].includes(run.state)) {
      throw new Refusal('conflict', `This run is ${run.state}, so nothing of it can be retried.`);
    }
    await runs.changeAllItems(params.id, 'refused', 'ready');
    return change(params.id, ['running', 'paused', 'finished'], 'retried', {
      ...changes,
      startedBy: callerName(caller),
    });
  });

  route(deleteBillingRun, async ({ params }) => {
    const run = await find(params.id);
    const isAtRest = run.endedAt !== null || run.startedAt === null;
    if (!isAtRest || run.state === 'checking' || run.state === 'running') {
      throw new Refusal('conflict', `This run is ${run.state}. Cancel it first, and wait until it has ended.`);
    }
    while ((await runs.removeItems(params.id, itemsPerDelete)) > 0);
    await runs.remove(params.id);
    await files.remove(run.file);
    return undefined;
  });

  route(readBillingErrors, async ({ params, reply }) => {
    const { id, name } = await find(params.id);
    const list = (after: number, limit: number) => runs.listItems(id, { state: 'faulty', after, limit });
    return sendCsv(reply, writeErrors(list), `${name} errors`);
  });

  route(readBillingResult, async ({ params, reply }) => {
    const { id, name } = await find(params.id);
    const list = (after: number, limit: number) => runs.listItems(id, { after, limit });
    return sendCsv(reply, writeResult(list, invoices.listMails), `${name} result`);
  });
};

const itemsPerDelete = 5000;

function requireMapping(mapping: BillingMapping): void {
  for (const field of ['account', 'number'] as const) {
    if (mapping[field] === undefined) {
      throw refuseField(
        `mapping.${field}`,
        'required',
        `Say which column has the ${field === 'account' ? 'account’s number' : 'invoice’s number'}.`,
      );
    }
  }
  if (mapping.unit_price === undefined && mapping.total === undefined) {
    throw refuseField(
      'mapping.total',
      'required',
      'Say which column has the price of one unit, or the total of the invoice.',
    );
  }
}

function refuseUnreadable(error: unknown): never {
  if (error instanceof UnreadableFile) throw refuseField('file', 'unreadable', error.message);
  throw error;
}

const toItem = (item: StoredItem, mails: readonly StoredMail[]): BillingItem => ({
  position: item.position,
  row: item.line,
  account_number: item.accountNumber,
  number: item.number,
  currency: item.currency,
  total: item.total,
  state: item.state,
  problems: item.problems,
  invoice_id: item.invoiceId,
  mails: mails
    .filter(({ isCurrent }) => isCurrent)
    .map(({ address, messageId, state, reply }) => ({ address, message_id: messageId, state, reply })),
});

async function sendCsv(reply: FastifyReply, rows: AsyncGenerator<string>, name: string): Promise<undefined> {
  const file = `${name.replaceAll(/[^\w.-]+/g, '-')}.csv`;
  reply.type('text/csv; charset=utf-8').headers({
    'content-disposition': `attachment; filename="${file}"`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache',
  });
  // Until it has gone out: what handles the route must not answer a second time.
  await reply.send(Readable.from(rows, { objectMode: false }));
  return undefined;
}
