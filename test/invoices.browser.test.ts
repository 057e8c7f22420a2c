/**
 * From an account to a customer's invoice in Chromium: the account and its contacts are typed, the invoice is previewed and
 * sent, the sandbox has it for each billing contact, and pdftotext (poppler, which we did not write) reads the PDF.
 */
import { spawnSync } from 'node:child_process';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SmtpSettings } from '../contracts/smtp-settings.ts';
import { type ApiClient, signIn } from './support/api-client.ts';
import { findAxeFaults, findUnreached, hasChromium, openBrowser, openPage } from './support/browser.ts';
import { findProgram, isCi } from './support/installed.ts';
import { administratorEnv, type Program, startProgram } from './support/program.ts';

const hasPdfToText = findProgram('pdftotext') !== null || isCi;

interface Captured {
  id: string;
  recipients: string[];
  subject: string;
  attachments: { index: number; filename: string; contentType: string }[];
}

describe.runIf(hasChromium)('invoices', () => {
  let browser: Browser;
  let program: Program;
  let client: ApiClient & { cookie: string };
  beforeAll(async () => {
    browser = await openBrowser();
    program = await startProgram({ env: administratorEnv });
    client = await signIn(program.url);
    await client.call<SmtpSettings>('POST', '/api/v1/sandbox/smtp-settings');
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    program?.remove();
  });

  const readPdf = async (id: string, index: number) => {
    const url = `${program.url}/api/v1/sandbox/messages/${id}/attachments/${index}`;
    const bytes = Buffer.from(await (await fetch(url, { headers: { cookie: client.cookie } })).arrayBuffer());
    const { stdout, stderr } = spawnSync('pdftotext', ['-layout', '-', '-'], { input: bytes, encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout;
  };
  const captured = async (subject: RegExp) => {
    const { body } = await client.call<{ data: Captured[] }>('GET', '/api/v1/sandbox/messages');
    const found = body.data.filter((message) => subject.test(message.subject));
    return Promise.all(
      found.map(async ({ id }) => (await client.call<Captured>('GET', `/api/v1/sandbox/messages/${id}`)).body),
    );
  };
  /** Also in the dark, and at 375 px, which it fits. */
  const expectFine = async (url: string, heading: RegExp) => {
    for (const view of [{ colorScheme: 'dark' as const }, { viewport: { width: 375, height: 720 } }]) {
      await using watched = await openPage(browser, program.url, { cookie: client.cookie, ...view });
      const { page } = watched;
      await page.goto(url);
      await page.getByRole('heading', { name: heading }).first().waitFor();
      await page.waitForLoadState('networkidle');
      expect(await findAxeFaults(page)).toEqual([]);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
      expect(await findUnreached(page)).toEqual([]);
      watched.expectNothingWrong();
    }
  };
  const line = (page: Page, at: number, field: string) => page.getByLabel(`${field}, line ${at}`);

  it('are typed, previewed, and reach both billing contacts with a PDF that reads right; the log finds all of it', async () => {
    await using watched = await openPage(browser, program.url, { cookie: client.cookie });
    const { page } = watched;
    await page.goto('/accounts');
    await page.getByRole('heading', { name: 'No accounts yet', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Add account' }).click();
    await page.getByLabel('Number').fill('A-100');
    await page.getByLabel('Name').fill('Müller & Söhne GmbH');
    await page.getByLabel('Billing contact').fill('anna@mueller.example');
    await page.getByRole('dialog').getByRole('button', { name: 'Add account' }).click();
    await page.getByRole('heading', { name: 'Müller & Söhne GmbH' }).waitFor();

    await page.getByRole('button', { name: 'Add contact' }).click();
    await page.getByLabel('Name').fill('Bernd Müller');
    await page.getByLabel(/^E-mail address/).fill('bernd@mueller.example');
    await page.getByLabel('Billing: gets the invoices').check();
    await page.getByLabel('General: everything else').uncheck();
    await page.getByRole('dialog').getByRole('button', { name: 'Add contact' }).click();
    await page.getByRole('cell', { name: /bernd@mueller\.example/ }).waitFor();

    await page.getByRole('link', { name: 'New invoice' }).click();
    await page.getByLabel('Invoice number').fill('INV-2026-7');
    await line(page, 1, 'Description').fill('Hosting, November');
    await line(page, 1, 'Quantity').fill('2.5');
    await line(page, 1, 'Price of one').fill('1,000.40');
    await line(page, 1, 'Tax in per cent').fill('19');
    await line(page, 1, 'Tax in per cent').press('Enter');
    // Enter made the second line, and its description has the focus.
    await page.keyboard.type('Handbuch für Köche');
    await line(page, 2, 'Price of one').fill('20');
    await line(page, 2, 'Tax in per cent').fill('7');
    await page.getByText('€2,997.59').waitFor();
    await page.getByText('19 % tax on €2,501.00').waitFor();
    expect(await findAxeFaults(page)).toEqual([]);

    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('heading', { name: /^Invoice INV-2026-7 over/ }).waitFor();
    await page.getByText('anna@mueller.example').waitFor();
    await page.getByText('bernd@mueller.example').waitFor();
    await page.frameLocator('iframe').getByText('INV-2026-7').first().waitFor();
    await page.getByRole('tab', { name: 'PDF' }).click();
    const saving = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    expect((await saving).suggestedFilename()).toMatch(/INV-2026-7.*\.pdf$/);
    expect((await captured(/INV-2026-7/)).length, 'nothing was sent by looking at it').toBe(0);
    await page.getByRole('button', { name: 'Send to 2 contacts' }).click();

    await page.waitForURL(/\/invoices\/inv_/);
    await expect.poll(() => page.getByRole('cell', { name: 'sent', exact: true }).count(), { timeout: 15_000 }).toBe(2);
    expect(await findAxeFaults(page)).toEqual([]);
    await expectFine(page.url(), /^Invoice INV-2026-7/);
    const messages = await captured(/INV-2026-7/);
    expect(messages.flatMap(({ recipients }) => recipients).sort()).toEqual([
      'anna@mueller.example',
      'bernd@mueller.example',
    ]);
    for (const { id, attachments } of messages) {
      const pdf = attachments.find(({ contentType }) => contentType === 'application/pdf');
      expect(pdf?.filename).toMatch(/INV-2026-7/);
      if (!hasPdfToText) continue;
      const text = await readPdf(id, pdf?.index ?? -1);
      for (const words of [
        'INV-2026-7',
        'Müller & Söhne GmbH',
        'Hosting, November',
        'Handbuch für Köche',
        '2,997.59',
      ]) {
        expect(text).toContain(words);
      }
    }

    await page.getByRole('link', { name: 'Müller & Söhne GmbH', exact: true }).click();
    await page.getByRole('tab', { name: 'Messages' }).click();
    await page.getByRole('cell', { name: 'anna@mueller.example' }).waitFor();
    await page.getByRole('link', { name: 'Open in the message log' }).click();
    await page.waitForURL(/\/messages\?q=/);
    const rows = page.getByRole('list', { name: 'Messages' }).getByRole('link');
    await expect.poll(() => rows.count(), { timeout: 10_000 }).toBe(2);
    watched.expectNothingWrong();
  });

  it('are never mailed twice by accident; sending again is asked first and stands beside the first', async () => {
    await using watched = await openPage(browser, program.url, { cookie: client.cookie });
    const { page } = watched;
    const contacts = [{ address: 'carl@example.net', kinds: ['billing'] }];
    const account = { number: 'A-200', name: 'Carl Ltd', currency: 'GBP', contacts };
    const { body } = await client.call<{ id: string }>('POST', '/api/v1/accounts', account);
    const lines = [{ description: 'Work', unit_price: '10.00' }];
    const invoice = { number: 'C-1', issued_on: '2026-11-22', due_on: '2026-12-22', lines };
    await client.call('POST', `/api/v1/accounts/${body.id}/invoices`, invoice);
    await expect.poll(async () => (await captured(/C-1/)).length, { timeout: 15_000 }).toBe(1);

    await page.goto(`/accounts/${body.id}/new-invoice`);
    await page.getByLabel('Invoice number').fill('C-1');
    await line(page, 1, 'Description').fill('Work');
    await line(page, 1, 'Price of one').fill('10');
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText('Carl Ltd has had an invoice C-1').waitFor();
    expect(await page.getByRole('button', { name: /^Send to/ }).count()).toBe(0);
    await page.getByRole('link', { name: 'Look at that invoice' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();

    await page.waitForURL(/\/invoices\/inv_/);
    await page.getByRole('button', { name: 'Send again' }).click();
    await page.getByText('All active billing contacts of Carl Ltd get it').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await page.getByText('sent again').waitFor();
    await expect.poll(async () => (await captured(/C-1/)).length, { timeout: 15_000 }).toBe(2);
    watched.expectNothingWrong();
  });

  it('go out with a PDF of one’s own and only the total', async () => {
    await using watched = await openPage(browser, program.url, { cookie: client.cookie, expected: /422/ });
    const { page } = watched;
    await page.goto('/accounts/A-100/new-invoice');
    await page.getByLabel('Invoice number').fill('OWN-1');
    await page.getByText('Only the total', { exact: true }).click();
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText(/Give a decimal number/).waitFor();
    await page.getByRole('textbox', { name: 'Total' }).fill('1,190.50');
    const own = Buffer.from('%PDF-1.4\n%%EOF\n');
    await page.locator('input[type=file]').setInputFiles({ name: 'own.pdf', mimeType: 'application/pdf', buffer: own });
    await page.getByText('The PDF is your own: own.pdf').waitFor();
    expect(await findAxeFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('heading', { name: 'Invoice OWN-1 over €1,190.50' }).waitFor();
    await page.getByRole('button', { name: 'Send to 2 contacts' }).click();
    await page.waitForURL(/\/invoices\/inv_/);
    await page.getByText(/OWN-1\.pdf.*given/).waitFor();
    await expect.poll(async () => (await captured(/OWN-1/)).length, { timeout: 15_000 }).toBe(2);
    const [mail] = await captured(/OWN-1/);
    const url = `${program.url}/api/v1/sandbox/messages/${mail?.id}/attachments/${mail?.attachments[0]?.index}`;
    const sent = Buffer.from(await (await fetch(url, { headers: { cookie: client.cookie } })).arrayBuffer());
    expect(sent.equals(own), 'its bytes are as they were given').toBe(true);
    watched.expectNothingWrong();
  });

  it('are refused at the field that is wrong, and keep what was typed', async () => {
    await using watched = await openPage(browser, program.url, { cookie: client.cookie, expected: /422/ });
    const { page } = watched;
    await page.goto('/accounts/A-100/new-invoice');
    await line(page, 1, 'Description').fill('Work');
    await line(page, 1, 'Price of one').fill('ten');
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByText('Give the number of the invoice.').waitFor();
    await page.getByText(/Give a decimal number/).waitFor();
    expect(await line(page, 1, 'Description').inputValue()).toBe('Work');
    expect(await findAxeFaults(page)).toEqual([]);
    watched.expectNothingWrong();
  });
});
