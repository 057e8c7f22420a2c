import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BillingRunState } from '../../contracts/billing-run.ts';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openRunTogether } from '../database/run-together.ts';
import { systemTimer } from '../delivery/timer.ts';
import type { BilledAccount } from '../invoice/account-directory.ts';
import { openInvoiceStore } from '../invoice/invoice.store.ts';
import { openMessageActions } from '../message-log/message-actions.store.ts';
import { systemClock } from '../platform/clock.ts';
import { newId } from '../platform/id.ts';
import { openAcceptStore } from '../submission/accept.store.ts';
import { submitMessage } from '../submission/submit-message.ts';
import { office } from '../submission/test-data.ts';
import { openBillingFiles } from './billing-file.store.ts';
import { type BillingRunStore, openBillingRunStore } from './billing-run.store.ts';
import { type BillingRunWorker, openBillingRunWorker } from './billing-run.worker.ts';
import { guessOptions, type StoredRun } from './stored-run.ts';

describe.each(databases)('a billing run on $kind', ({ open }) => {
  let database: Database;
  let folder: string;
  let runs: BillingRunStore;
  let worker: BillingRunWorker;
  let accounts: Map<string, BilledAccount>;
  let isAway: boolean;
  let rests: number;
  /** Number of an invoice → how often its PDF is not made. */
  let failures: Map<string, number>;
  let runId: string;

  beforeEach(async () => {
    database = await open();
    folder = mkdtempSync(path.join(os.tmpdir(), 'postern-run-'));
    isAway = false;
    failures = new Map();
    accounts = new Map(
      ['K-1', 'K-2', 'K-3'].map((number) => [
        number,
        {
          id: `acct_${number}`,
          number,
          name: number,
          language: 'en',
          currency: 'EUR',
          isActive: true,
          contacts: [
            { id: `ctct_${number}`, name: '', address: `${number}@example.com`.toLowerCase(), language: 'en' },
          ],
        },
      ]),
    );
    runs = openBillingRunStore(database, openRunTogether(database));
    const files = openBillingFiles(folder);
    const find = (ref: string) => [...accounts.values()].find(({ id, number }) => ref === id || ref === number);
    const rendered = {
      ok: true,
      subject: 'Invoice',
      html: '<p>x</p>',
      text: 'x',
      from: {},
      replyTo: null,
      settings: null,
    };
    const template = { lane: 'normal', isSecret: false, key: 'invoice', version: 1, inlineImages: [] };
    const submitParts = {
      store: openAcceptStore(database, { clock: systemClock }),
      settings: { read: async () => office, readByName: async () => office, readDefault: async () => office },
      templates: { render: async () => ({ ...rendered, ...template }) as never },
      clock: systemClock,
      breathe: async () => {},
    };
    const actions = openMessageActions(database, systemClock);
    rests = 0;
    worker = openBillingRunWorker({
      runs,
      files,
      check: {
        readTemplate: async () => ({ variables: [], settings: null }),
        chooseSettings: async () => ({ ok: true, settings: office, isNamed: false }),
      },
      mail: {
        store: openInvoiceStore(database),
        accounts: {
          find: async (ref) => find(ref) ?? null,
          findMany: async (refs) => new Map(refs.flatMap((ref) => (find(ref) ? [[ref, find(ref)!] as const] : []))),
        },
        submit: async (submission) =>
          isAway ? { outcome: 'unavailable', problem: 'The disk is full.' } : submitMessage(submitParts, submission),
        pdf: {
          make: async ({ number }) => {
            const count = (failures.get(number) ?? 0) - 1;
            failures.set(number, count);
            if (count >= 0) throw new Error('no room');
            return Buffer.from('%PDF-1.7');
          },
        },
        readLook: async () => ({
          ...{ company_name: '', address: '', vat_number: '', bank_details: '', email: '', phone: '', website: '' },
          ...{ color: '#0f766e', legal_text: '', logo: null },
        }),
        clock: systemClock,
      },
      cancelMessage: actions.cancel,
      rest: () => {
        rests += 1;
      },
      clock: systemClock,
      timer: { after: (milliseconds, run) => systemTimer.after(Math.min(milliseconds, 20), run) },
      owner: 'here',
      node: 'here',
      logger: pino({ level: 'silent' }),
    });
    const days = '2026-11-22,2026-12-06';
    const rows = ['K-1', 'K-2', 'K-3'].map((number, at) => `${number},R-${at + 1},${days},10.00\n`).join('');
    const kept = await files.keep(Readable.from([Buffer.from(`account,number,issued_on,due_on,total\n${rows}`)]));
    const { columns, format, pdfs } = await files.inspect(kept.file);
    const run: StoredRun = {
      ...{ id: newId('run'), name: 'November', state: 'checking', problem: '', format, fileName: 'x.csv', ...kept },
      ...{ node: 'here', invoiceCount: 0, columns, options: guessOptions(columns), pdfs, checkedBytes: 0, check: null },
      ...{
        createdAt: 1,
        createdBy: 'ada@example.com',
        startedAt: null,
        startedBy: null,
        endedAt: null,
        retriesBefore: null,
      },
    };
    runId = run.id;
    await runs.add(run);
    worker.start();
    await reaches('checked');
  });
  afterEach(async () => {
    await worker.stop();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const reaches = (state: BillingRunState) =>
    vi.waitFor(async () => expect((await runs.read(runId))!.state).toBe(state), { timeout: 20_000, interval: 20 });
  const change = async (from: BillingRunState, to: BillingRunState, more = {}) => {
    expect(await runs.change(runId, [from], { state: to, startedBy: 'bob@example.com', ...more })).toBe(true);
    worker.wake();
  };
  const listMessages = () =>
    database.query
      .selectFrom('message')
      .innerJoin('recipient', 'recipient.message_id', 'message.id')
      .select(['message.id', 'message.state', 'message.lane', 'recipient.address'])
      .orderBy('address')
      .execute();
  const setState = async (address: string, state: string) => {
    const { id } = (await listMessages()).find((one) => one.address === address)!;
    await database.query.updateTable('message').set({ state }).where('id', '=', id).execute();
    await database.query.updateTable('recipient').set({ state }).where('message_id', '=', id).execute();
  };

  it('hands over in the bulk lane, and finishes', async () => {
    await change('checked', 'running');
    await reaches('finished');
    await vi.waitFor(() => expect(rests).toBe(1));
    expect((await listMessages()).map(({ address, lane }) => [address, lane])).toEqual([
      ['k-1@example.com', 2],
      ['k-2@example.com', 2],
      ['k-3@example.com', 2],
    ]);
    expect(await runs.readProgress(runId)).toMatchObject({
      invoices: 3,
      accepted: 3,
      messages: 3,
      waiting: 3,
      sent: 0,
    });
    await setState('k-1@example.com', 'sent');
    await setState('k-2@example.com', 'bounced');
    const progress = await runs.readProgress(runId);
    expect(progress).toMatchObject({ sent: 1, waiting: 1, failed: 1, messages: 3 });
    expect(progress.failed_because).toMatchObject([{ code: 'bounced', count: 1 }]);
    expect(await runs.readProgress(runId)).toEqual(progress);
  });

  it('says what holds it up, and goes on by itself when that has passed', async () => {
    isAway = true;
    await change('checked', 'running');
    await vi.waitFor(async () => expect((await runs.read(runId))!.problem).toBe('The disk is full.'), {
      timeout: 20_000,
    });
    expect(await listMessages()).toEqual([]);
    isAway = false;
    await reaches('finished');
    expect(await listMessages()).toHaveLength(3);
    expect((await runs.read(runId))!.problem).toBe('');
  });

  it('hands over nothing while it is paused, and goes on where it was', async () => {
    isAway = true;
    await change('checked', 'running');
    await vi.waitFor(async () => expect((await runs.read(runId))!.problem).not.toBe(''), { timeout: 20_000 });
    await change('running', 'paused');
    const readLease = () =>
      database.query.selectFrom('billing_run').select('leased_by').where('id', '=', runId).executeTakeFirstOrThrow();
    await vi.waitFor(async () => expect((await readLease()).leased_by).toBeNull(), { timeout: 20_000 });
    isAway = false;
    worker.wake();
    expect(await runs.claim('there', 'there', Date.now(), Date.now() + 1)).toBeNull();
    expect(await listMessages()).toEqual([]);
    await change('paused', 'running');
    await reaches('finished');
    expect(await listMessages()).toHaveLength(3);
  });

  it('takes what waits out of the queue when it is cancelled, and hands over nothing more', async () => {
    await change('checked', 'running');
    await reaches('finished');
    await setState('k-1@example.com', 'sent');
    await change('finished', 'cancelled', { endedAt: null });
    await vi.waitFor(async () => expect((await runs.read(runId))!.endedAt).not.toBeNull(), { timeout: 20_000 });
    expect((await listMessages()).map(({ state }) => state)).toEqual(['sent', 'cancelled', 'cancelled']);
    const queued = await database.query.selectFrom('queue').select('message_id').execute();
    // The first was only said to be sent.
    expect(queued).toHaveLength(1);
  });

  it('retries what failed alone, at the address that the contact has now', async () => {
    await change('checked', 'running');
    await reaches('finished');
    await setState('k-1@example.com', 'sent');
    await setState('k-2@example.com', 'bounced');
    await setState('k-3@example.com', 'bounced');
    accounts.get('K-2')!.contacts[0]!.address = 'right@example.com';
    // The other one has left: nobody takes the mail for it.
    accounts.get('K-3')!.contacts = [];
    await change('finished', 'running', { retriesBefore: Date.now() + 1 });
    await reaches('finished');
    expect((await listMessages()).map(({ address, state }) => [address, state])).toEqual([
      ['k-1@example.com', 'sent'],
      ['k-2@example.com', 'bounced'],
      ['k-3@example.com', 'bounced'],
      ['right@example.com', 'queued'],
    ]);
    expect(await runs.readProgress(runId)).toMatchObject({ sent: 1, waiting: 1, failed: 1 });
  });

  it('refuses an invoice alone whose account has lost its contacts since the check', async () => {
    accounts.get('K-2')!.contacts = [];
    await change('checked', 'running');
    await reaches('finished');
    const items = await runs.listItems(runId, { after: 0, limit: 10 });
    expect(items.map(({ state, problems }) => [state, problems[0]?.code])).toEqual([
      ['accepted', undefined],
      ['refused', 'no_billing_contact'],
      ['accepted', undefined],
    ]);
  });

  it('tries again what failed for a moment, and refuses it alone when it goes on', async () => {
    failures.set('R-1', 2).set('R-2', 100);
    await change('checked', 'running');
    await reaches('finished');
    const items = await runs.listItems(runId, { after: 0, limit: 10 });
    expect(items.map(({ state, problems }) => [state, problems[0]?.message])).toEqual([
      ['accepted', undefined],
      ['refused', 'It cannot be mailed: no room'],
      ['accepted', undefined],
    ]);
    expect(await listMessages()).toHaveLength(2);
  });
});
