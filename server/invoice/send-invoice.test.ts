import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvoiceInput } from '../../contracts/invoice.ts';
import { databases, type TestedDatabase } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import type { InvoiceLook } from '../invoice-pdf/invoice-document.ts';
import { openAcceptStore } from '../submission/accept.store.ts';
import { type Submission, type SubmitOutcome, type SubmitParts, submitMessage } from '../submission/submit-message.ts';
import { office } from '../submission/test-data.ts';
import type { BilledAccount } from './account-directory.ts';
import { openInvoiceStore } from './invoice.store.ts';
import { finishOpen, resendInvoice, type SendInvoiceParts, sendInvoice } from './send-invoice.ts';

const look: InvoiceLook = {
  company_name: 'Example Ltd',
  address: '',
  vat_number: '',
  bank_details: '',
  email: '',
  phone: '',
  website: '',
  color: '#0f766e',
  legal_text: '',
  logo: null,
};
const contact = (place: number, language = 'en') => ({
  id: `ctct_${place}`,
  name: `Contact ${place}`,
  address: `c${place}@example.com`,
  language,
});
const pdfOf = (text: string) => Buffer.from(`%PDF-1.7\n${text}`).toString('base64');

const input = (changes: Record<string, unknown> = {}) =>
  InvoiceInput.parse({
    number: 'R-1',
    issued_on: '2026-11-22',
    due_on: '2026-12-06',
    lines: [{ description: 'Support', unit_price: '100.00', tax_rate: '19' }],
    ...changes,
  });

describe.each(databases)('sending an invoice on $kind', ({ open }: TestedDatabase) => {
  let database: Database;
  let parts: SendInvoiceParts;
  let account: BilledAccount;
  let submissions: Submission[];
  /** What the next submission comes to before, or instead of, being accepted. */
  let interfere: (submission: Submission) => Promise<SubmitOutcome | null>;
  let now: number;

  beforeEach(async () => {
    database = await open();
    now = Date.UTC(2026, 10, 22, 12);
    submissions = [];
    interfere = async () => null;
    account = {
      id: 'acct_1',
      number: 'K-1',
      name: 'Navy Ltd',
      language: 'en',
      currency: 'EUR',
      isActive: true,
      contacts: [contact(1), contact(2, 'de')],
    };
    const clock = { now: () => now, monotonic: () => now };
    const submitParts: SubmitParts = {
      store: openAcceptStore(database, { clock }),
      settings: { read: async () => office, readByName: async () => office, readDefault: async () => office },
      templates: {
        render: async () =>
          ({
            ok: true,
            subject: 'Invoice',
            html: '<p>Hello</p>',
            text: 'Hello',
            from: { name: null, address: null },
            replyTo: null,
            settings: null,
            lane: 'normal',
            isSecret: false,
            key: 'invoice',
            version: 1,
            inlineImages: [],
          }) as never,
      },
      clock,
      breathe: async () => {},
    };
    parts = {
      store: openInvoiceStore(database),
      accounts: {
        find: async (ref) => (ref === account.id || ref === account.number ? account : null),
        findMany: async () => new Map([[account.number, account]]),
      },
      submit: async (submission) => {
        submissions.push({ ...submission, emails: [...submission.emails] });
        return (await interfere(submission)) ?? submitMessage(submitParts, submission);
      },
      pdf: { make: async (document) => Buffer.from(`%PDF-1.7 ${document.number}`) },
      readLook: async () => look,
      clock,
    };
  });
  afterEach(() => database.close());

  const countMessages = async () =>
    (await database.query.selectFrom('recipient').select(['message_id', 'address']).orderBy('address').execute()).map(
      ({ address }) => address,
    );
  const read = async (id: string) => (await parts.store.read(id))!;
  const send = async (changes: Record<string, unknown> = {}) =>
    sendInvoice(parts, 'K-1', input(changes), 'ada@example.com');
  const sendNew = async () => {
    const done = await send();
    if (done.outcome !== 'sent') throw new Error(JSON.stringify(done));
    return done.id;
  };

  it('mails each contact a message of its own, with the PDF and the tags it is found by', async () => {
    const id = await sendNew();
    expect(await countMessages()).toEqual(['c1@example.com', 'c2@example.com']);
    const [submission] = submissions;
    expect(submission!.emails).toMatchObject([
      {
        to: ['Contact 1 <c1@example.com>'],
        lane: 'normal',
        template: {
          key: 'invoice',
          language: 'en',
          variables: { number: 'R-1', total: { amount: '119.00', currency: 'EUR' } },
        },
        attachments: [{ filename: 'R-1.pdf', content_type: 'application/pdf' }],
        tags: [
          { name: 'invoice', value: 'R-1' },
          { name: 'account', value: 'K-1' },
        ],
      },
      { to: ['Contact 2 <c2@example.com>'], template: { language: 'de' } },
    ]);
    const { invoice, mails } = await read(id);
    expect(invoice).toMatchObject({ createdBy: 'ada@example.com', pdfHash: null, pdfBytes: 12 });
    expect(mails.map(({ round, reason, state, isCurrent }) => [round, reason, state, isCurrent])).toEqual([
      [1, 'first', 'queued', true],
      [1, 'first', 'queued', true],
    ]);
  });

  it('answers with the first when the number comes again, says what differs, and mails nobody', async () => {
    const id = await sendNew();
    expect(await send()).toEqual({ outcome: 'repeated', id, differs: [] });
    expect(await send({ due_on: '2026-12-07', notes: 'x', pdf: pdfOf('other') })).toEqual({
      outcome: 'repeated',
      id,
      differs: ['due_on', 'notes', 'pdf'],
    });
    account = { ...account, contacts: [] };
    expect(await send()).toMatchObject({ outcome: 'repeated', id });
    expect(await countMessages()).toHaveLength(2);
  });

  it('mails once when the same number is sent many times at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => send()));
    expect(all.filter(({ outcome }) => outcome === 'sent')).toHaveLength(1);
    expect(new Set(all.map((one) => 'id' in one && one.id)).size).toBe(1);
    expect(await countMessages()).toHaveLength(2);
  });

  it('takes the same number for another account', async () => {
    await sendNew();
    account = { ...account, id: 'acct_2' };
    expect((await send()).outcome).toBe('sent');
  });

  it.each<[string, (a: BilledAccount) => BilledAccount, Record<string, unknown>, string, string]>([
    ['nobody to mail', (a) => ({ ...a, contacts: [] }), {}, 'account', 'no_billing_contact'],
    ['a closed account', (a) => ({ ...a, isActive: false }), {}, 'account', 'account_closed'],
    ['a day before it was issued', (a) => a, { due_on: '2026-11-21' }, 'due_on', 'before_issued_on'],
    ['no such currency', (a) => a, { currency: 'XQX' }, 'currency', 'unknown'],
    ['a file that is no PDF', (a) => a, { pdf: Buffer.from('MZ').toString('base64') }, 'pdf', 'not_a_pdf'],
    ['what is not base64', (a) => a, { pdf: 'data:application/pdf;base64,JVBERi0=' }, 'pdf', 'invalid'],
    ['a PDF that is too large', (a) => a, { pdf: pdfOf('x'.repeat(15 * 1024 * 1024)) }, 'pdf', 'too_large'],
  ])('refuses %s and keeps nothing', async (_name, change, changes, path, code) => {
    account = change(account);
    expect(await send(changes)).toMatchObject({ outcome: 'refused', problems: [{ path, code }] });
    expect(submissions).toEqual([]);
    expect((await parts.store.list({}, { limit: 10 })).data).toEqual([]);
  });

  it('keeps nothing when the submission is refused, so that it can be sent once that is repaired', async () => {
    const problems = [{ path: 'template.key', code: 'unknown', message: 'There is none.' }];
    interfere = async () => ({ outcome: 'refused', refusals: [{ place: 0, problems }] });
    expect(await send()).toEqual({ outcome: 'refused', problems: [{ ...problems[0], path: 'template' }] });
    interfere = async () => null;
    await sendNew();
    expect(await countMessages()).toHaveLength(2);
  });

  it('finishes what died before it was accepted', async () => {
    interfere = async () => {
      throw new Error('power cut');
    };
    await expect(send()).rejects.toThrow('power cut');
    expect(await countMessages()).toEqual([]);
    interfere = async () => null;
    expect(await finishOpen(parts)).toBe(0);
    now += 60_001;
    expect(await finishOpen(parts)).toBe(1);
    expect(await countMessages()).toHaveLength(2);
    expect(await finishOpen(parts)).toBe(0);
  });

  it('mails nobody twice when it died between accepting and noting it, even a week later', async () => {
    const markAccepted = parts.store.markAccepted;
    parts.store.markAccepted = async () => {
      throw new Error('power cut');
    };
    await expect(send()).rejects.toThrow('power cut');
    parts.store.markAccepted = markAccepted;
    now += 7 * 24 * 3_600_000;
    expect(await finishOpen(parts)).toBe(1);
    expect(await countMessages()).toHaveLength(2);
    expect(submissions).toHaveLength(1);
  });

  it('sends again only when asked, to the addresses that the contacts have now, and records it', async () => {
    const id = await sendNew();
    account = { ...account, contacts: [contact(1), { ...contact(2), address: 'new@example.com' }] };
    now += 1000;
    const request = { id, contactIds: ['ctct_2'], key: 'k1', by: 'bob@example.com', reason: 'resend' as const };
    expect(await resendInvoice(parts, request)).toEqual({ outcome: 'sent' });
    expect(await resendInvoice(parts, request)).toEqual({ outcome: 'sent' });
    expect(await countMessages()).toEqual(['c1@example.com', 'c2@example.com', 'new@example.com']);
    const { mails } = await read(id);
    expect(
      mails
        .map(({ round, reason, address, createdBy, isCurrent }) => [round, reason, address, createdBy, isCurrent])
        .sort(),
    ).toEqual([
      [1, 'first', 'c1@example.com', 'ada@example.com', true],
      [1, 'first', 'c2@example.com', 'ada@example.com', false],
      [2, 'resend', 'new@example.com', 'bob@example.com', true],
    ]);
    expect(await resendInvoice(parts, { ...request, contactIds: ['ctct_9'], key: null })).toMatchObject({
      outcome: 'refused',
      problems: [{ path: 'contact_ids', code: 'no_billing_contact' }],
    });
  });

  it('brings the earlier mail back to the fore when sending again was refused', async () => {
    const id = await sendNew();
    interfere = async () => ({ outcome: 'refused', refusals: [{ place: 0, problems: [] }] });
    const request = { id, contactIds: undefined, key: null, by: 'bob@example.com', reason: 'resend' as const };
    expect((await resendInvoice(parts, request)).outcome).toBe('refused');
    const { mails } = await read(id);
    expect(mails.map(({ round, isCurrent }) => [round, isCurrent])).toEqual([
      [1, true],
      [1, true],
    ]);
  });

  it('lists the newest first, of an account, by the beginning of a number, page by page', async () => {
    for (let at = 1; at <= 5; at += 1) {
      now += 10;
      await send({ number: `R-${at}` });
    }
    const first = await parts.store.list({ accountId: 'acct_1', number: 'R-' }, { limit: 3 });
    expect(first.data.map(({ invoice }) => invoice.number)).toEqual(['R-5', 'R-4', 'R-3']);
    const rest = await parts.store.list({ accountId: 'acct_1' }, { limit: 3, cursor: first.next! });
    expect(rest.data.map(({ invoice }) => invoice.number)).toEqual(['R-2', 'R-1']);
    expect(rest.next).toBeNull();
    expect((await parts.store.list({ accountId: 'acct_2' }, { limit: 3 })).data).toEqual([]);
    expect((await parts.store.list({ number: 'X' }, { limit: 3 })).data).toEqual([]);
  });
});
