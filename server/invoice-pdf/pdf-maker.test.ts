import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { InvoiceLine } from '../../contracts/invoice.ts';
import { readHeldMemory } from '../../test/support/process-memory.ts';
import { addUp } from '../invoice/add-up.ts';
import type { InvoiceDocument, InvoiceLook } from './invoice-document.ts';
import { openPdfMaker, type PdfMaker } from './pdf-maker.worker.ts';

/** What we did not write and what reads PDFs everywhere; without it on the machine only the bytes are looked at. */
const canRead = spawnSync('pdftotext', ['-v']).status === 0;

const look: InvoiceLook = {
  company_name: 'Müller & Söhne GmbH',
  address: 'Hafenstraße 12\n20457 Hamburg',
  vat_number: 'DE123456789',
  bank_details: 'IBAN DE02 2005 0550 1015 8717 93',
  email: 'billing@example.com',
  phone: '+49 40 123456',
  website: 'https://example.com',
  color: '#0f766e',
  legal_text: 'Registered office Hamburg, HRB 12345',
  logo: null,
};

const line = (description: string, unit_price = '10.00', quantity = '1', tax_rate: string | null = '19') =>
  InvoiceLine.parse({ description, unit_price, quantity, tax_rate });

const invoice = (
  changes: Partial<InvoiceDocument> = {},
  lines = [line('Support')],
  currency = 'EUR',
): InvoiceDocument => {
  const added = addUp({ currency, lines });
  if (!added.ok) throw new Error(added.problems[0]!.message);
  return {
    language: 'en',
    number: 'R-42',
    issuedOn: '2026-11-22',
    dueOn: '2026-12-06',
    accountName: 'Navy Computing Ltd',
    accountNumber: 'K-1001',
    reference: '',
    notes: '',
    totals: added.totals,
    madeAt: Date.UTC(2026, 10, 22),
    ...changes,
  };
};

let maker: PdfMaker;
let folder: string;
beforeAll(() => {
  maker = openPdfMaker();
  folder = mkdtempSync(path.join(os.tmpdir(), 'postern-pdf-'));
});
afterAll(async () => {
  await maker.close();
  rmSync(folder, { recursive: true, force: true });
});

const readPages = async (document: InvoiceDocument, of = look): Promise<string[]> => {
  const file = path.join(folder, 'invoice.pdf');
  writeFileSync(file, await maker.make(document, of));
  const { stdout, status } = spawnSync('pdftotext', ['-layout', '-enc', 'UTF-8', file, '-'], { encoding: 'utf8' });
  expect(status).toBe(0);
  // Marks of direction are the reader's own.
  return stdout
    .replaceAll(/[\u202a-\u202e\u200e\u200f]/g, '')
    .split('\f')
    .slice(0, -1);
};
const readText = async (document: InvoiceDocument, of = look) =>
  (await readPages(document, of)).join('\n').replaceAll(/\s+/g, ' ');

describe('the PDF of an invoice', () => {
  it('is a PDF, and the same bytes for the same invoice', async () => {
    const made = await maker.make(invoice(), look);
    expect(made.toString('latin1', 0, 5)).toBe('%PDF-');
    expect((await maker.make(invoice(), look)).equals(made)).toBe(true);
    expect((await maker.make(invoice({ number: 'R-43' }), look)).equals(made)).toBe(false);
  });

  it('is a PDF of its own for each of many asked for at once', async () => {
    const numbers = Array.from({ length: 20 }, (_, at) => `R-${at}`);
    const made = await Promise.all(numbers.map((number) => maker.make(invoice({ number }), look)));
    expect(new Set(made.map((bytes) => bytes.toString('latin1'))).size).toBe(20);
  });

  it.runIf(process.platform === 'linux')('ends its process when it is to rest, never with a PDF in it', async () => {
    const isThere = () => 'pdf-process' in readHeldMemory(process.pid).children;
    const made = maker.make(invoice(), look);
    maker.rest();
    expect((await made).length).toBeGreaterThan(1000);
    expect(isThere()).toBe(true);
    maker.rest();
    const next = await maker.make(invoice(), look);
    expect(next.length).toBeGreaterThan(1000);
    maker.rest();
    await vi.waitFor(() => expect(isThere()).toBe(false));
  });
});

describe.runIf(canRead)('what pdftotext reads in it', () => {
  it('has everything that was given, tax per rate, and what to pay', async () => {
    const lines = [line('Support', '1000.00'), line('Handbook', '9.90', '3', '7'), line('Discount', '-50')];
    const text = await readText(invoice({ reference: 'PO 4711', notes: 'Thank you.' }, lines));
    for (const part of [
      'Müller & Söhne GmbH',
      'VAT no. DE123456789',
      'Navy Computing Ltd',
      'Invoice R-42',
      'November 22, 2026',
      'K-1001',
      'PO 4711',
      'Support 1 €1,000.00 19% €1,000.00',
      'Handbook 3 €9.90 7% €29.70',
      'Discount 1 -€50.00 19% -€50.00',
      'Subtotal €979.70',
      'Tax 7% on €29.70 €2.08',
      'Tax 19% on €950.00 €180.50',
      'Total €1,162.28',
      'Please pay €1,162.28 by December 6, 2026.',
      'IBAN DE02 2005 0550 1015 8717 93',
      'Payment reference: R-42',
      'Thank you.',
      'Page 1 of 1',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('is in the language of the account', async () => {
    const text = await readText(invoice({ language: 'de-AT' }, [line('Wartung', '1234.50')]));
    expect(text).toContain('Rechnung R-42');
    expect(text).toMatch(/Bitte zahlen Sie € 1.469,06 bis zum 6. Dezember 2026./);
    expect(text).toContain('Seite 1 von 1');
    expect(await readText(invoice({ language: 'xx' }))).toContain('Invoice R-42');
  });

  it('repeats the head of the table on every page, and numbers them', async () => {
    const lines = Array.from({ length: 120 }, (_, at) => line(`Position ${at + 1}`));
    const pages = await readPages(invoice({}, lines));
    expect(pages.length).toBeGreaterThan(3);
    for (const [at, page] of pages.entries()) {
      expect(page).toContain(`Page ${at + 1} of ${pages.length}`);
      if (/Position \d/.test(page)) expect(page).toMatch(/Description\s+Quantity\s+Unit price/);
      if (at > 0) expect(page).toContain('Müller & Söhne GmbH · Invoice R-42');
    }
    const all = pages.join('\n');
    for (let at = 1; at <= 120; at += 1) expect(all).toMatch(new RegExp(`Position ${at}\\s`));
    expect(all.replaceAll(/\s+/g, ' ')).toContain('Total €1,428.00');
  });

  it.each([
    ['accents', 'Łódź Škoda Đặng Ørsted façade ß'],
    ['Greek', 'Ευχαριστώ πολύ'],
    ['Cyrillic', 'Спасибо за заказ'],
    ['Chinese', '上海测试有限公司技术支持'],
    ['Japanese', '東京のテスト株式会社カタカナ'],
    ['Korean', '기술 지원 서비스'],
    ['Arabic', 'خدمات الدعم الفني لشهر نوفمبر'],
    ['Hebrew', 'שירותי תמיכה טכנית'],
    ['a name in two directions', 'ACME 12 שירותי תמיכה'],
  ])('has %s as they were given', async (_name, text) => {
    expect(await readText(invoice({ accountName: text }, [line(text)]))).toContain(text);
  });

  it('has the sender at the left, whichever way the name runs', async () => {
    const [page = ''] = await readPages(invoice(), { ...look, company_name: 'شركة القمر' });
    expect(page.split('\n').find((one) => one.includes('شركة القمر'))).toMatch(/^ {0,4}شركة القمر/);
  });

  it('says credit note, and asks for nothing, where money goes back', async () => {
    const text = await readText(invoice({}, [line('Returned', '-120.50')]));
    expect(text).toContain('Credit note R-42');
    expect(text).not.toContain('Please pay');
    expect(text).toContain('Total -€143.40');
  });

  it('has currencies of none and of three digits', async () => {
    expect(await readText(invoice({}, [line('Work', '333', '3', '10')], 'JPY'))).toContain('Total ¥1,099');
    expect(await readText(invoice({}, [line('Work', '1.234', '1', null)], 'KWD'))).toMatch(/Total KWD ?1.234/);
  });

  it('puts a sign for what no font has, and makes the PDF all the same', async () => {
    expect(await readText(invoice({ accountName: 'Alpha \u{13000} Beta' }))).toContain('Alpha ? Beta');
  });

  it('has the logo instead of the name in letters', async () => {
    const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const logo = { contentType: 'image/png', bytes: Buffer.from(pixel, 'base64') };
    const file = path.join(folder, 'logo.pdf');
    writeFileSync(file, await maker.make(invoice(), { ...look, logo }));
    const { stdout } = spawnSync('pdfimages', ['-list', file], { encoding: 'utf8' });
    expect(stdout).toMatch(/image\s+1\s+1/);
  });
});
