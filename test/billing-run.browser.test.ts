/** A billing run in Chromium: a file is mapped, checked and confirmed, its mail followed, paused, cancelled, and retried. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFakeSmarthost } from './fake-smarthost.ts';
import { type ApiClient, signIn } from './support/api-client.ts';
import { findAxeFaults, findUnreached, hasChromium, openBrowser, openPage } from './support/browser.ts';
import { administratorEnv, type Program, startProgram } from './support/program.ts';

const head = 'Customer,Invoice,Date,Due,Text,Price,VAT';

describe.runIf(hasChromium)('a billing run', () => {
  let browser: Browser;
  let program: Program;
  let client: ApiClient & { cookie: string };
  beforeAll(async () => {
    browser = await openBrowser();
    program = await startProgram({ env: administratorEnv });
    client = await signIn(program.url);
    await client.call('POST', '/api/v1/sandbox/smtp-settings');
    for (const at of [1, 2, 3]) {
      const contacts = at === 3 ? [] : [{ address: `billing@c${at}.example`, kinds: ['billing'] }];
      const body = { number: `K-${at}`, name: `Company ${at}`, currency: 'EUR', contacts };
      expect((await client.call('POST', '/api/v1/accounts', body)).status).toBe(201);
    }
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    program?.remove();
  });
  const drop = async (page: Page, name: string, rows: readonly string[]) => {
    await page.goto('/billing-runs');
    const add = page.getByRole('button', { name: 'New billing run' });
    await add.or(page.getByText('Drop the file of a billing run here')).first().waitFor();
    if ((await add.count()) > 0) await add.click();
    const buffer = Buffer.from([head, ...rows, ''].join('\n'));
    await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer });
    await page.waitForURL(/billing-runs\/run_/);
    const choose = (column: string, label: string) => page.getByLabel(`What ${column} means`).selectOption({ label });
    await choose('Customer', 'Account number (needed)');
    await choose('Invoice', 'Invoice number (needed)');
    await choose('Date', 'Date');
    await choose('Due', 'Due');
    await choose('Text', 'Line: description');
    await choose('Price', 'Line: price of one');
    await choose('VAT', 'Line: tax in per cent');
  };
  const good = (account: number, number: string) => `K-${account},${number},2026-11-22,2026-12-22,Hosting,100.00,19`;
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
  const yes = (page: Page) => page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();

  it('is mapped, checked, confirmed and followed to its result; the same file again mails nobody', async () => {
    await using watched = await openPage(browser, program.url, { cookie: client.cookie });
    const { page } = watched;
    await drop(page, 'november.csv', [good(1, 'R-1'), good(2, 'R-2'), good(3, 'R-3'), good(9, 'R-4')]);
    expect(await findAxeFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Check every row' }).click();
    await page.getByText('2 invoices are faulty').waitFor();
    await page.getByText('€238.00').waitFor();
    expect(await findAxeFaults(page)).toEqual([]);
    await page.reload();
    await page.getByLabel('Show invoices').selectOption('faulty');
    await page.waitForURL(/state=faulty/);
    await page.getByRole('cell', { name: 'R-4' }).waitFor();
    await page.getByRole('cell', { name: 'R-1', exact: true }).waitFor({ state: 'detached' });
    await expectFine(page.url(), /november\.csv/);
    const errors = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download what is wrong' }).click();
    expect(readFileSync(await (await errors).path(), 'utf8')).toContain('R-3');

    await page.getByRole('button', { name: 'Mail 2 invoices, leave out the faulty ones' }).click();
    await page.getByText(/2 messages go out, over €238\.00/).waitFor();
    await yes(page);
    await page.getByText('2 of 2 invoices handed over').waitFor({ timeout: 20_000 });
    await page.getByText('all handed over').waitFor({ timeout: 20_000 });
    await expect.poll(() => page.getByText(/sent.*2 of 2 messages/).count(), { timeout: 20_000 }).toBe(1);
    expect(await findAxeFaults(page)).toEqual([]);
    await expectFine(page.url(), /november\.csv/);
    const result = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download the result' }).click();
    const written = readFileSync(await (await result).path(), 'utf8');
    for (const words of ['R-1', 'R-2', 'R-3', 'R-4', 'billing@c1.example', 'sent']) expect(written).toContain(words);

    await drop(page, 'november again.csv', [good(1, 'R-1'), good(2, 'R-2')]);
    await page.getByRole('button', { name: 'Check every row' }).click();
    await page.getByText('All of them were mailed before.').waitFor();
    expect(await page.getByRole('button', { name: /^Mail / }).isDisabled()).toBe(true);
    watched.expectNothingWrong();
  });

  const addServer = async (name: string, port: number) => {
    const where = { name, host: '127.0.0.1', port, security: 'none', fromEmail: 'billing@example.com' };
    expect((await client.call('POST', '/api/v1/smtp-settings', where)).status).toBe(201);
  };

  it('is retried where it failed, and nowhere else', async () => {
    await using refusing = await startFakeSmarthost({ replies: { RCPT: ['550 5.1.1 No such user here'] } });
    await addServer('Refusing', refusing.port);
    await using watched = await openPage(browser, program.url, { cookie: client.cookie });
    const { page } = watched;
    await drop(page, 'december.csv', [good(1, 'D-1')]);
    await page.getByLabel('SMTP settings').selectOption({ label: 'Refusing' });
    await page.getByRole('button', { name: 'Check every row' }).click();
    await page.getByRole('button', { name: 'Mail one invoice' }).click();
    await yes(page);
    await page.getByText('Why the others failed').waitFor({ timeout: 20_000 });
    await page
      .getByText(/No such user here/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Retry failed only' }).click();
    await page.getByText('One mail is sent again').waitFor();
    await yes(page);
    await page.getByRole('link', { name: 'Show the invoices of this run' }).click();
    await page.getByRole('list', { name: 'Invoices' }).getByRole('link', { name: /D-1/ }).click();
    await page.getByText('tried once more').waitFor({ timeout: 20_000 });
    watched.expectNothingWrong();
  });

  it('says what its mail waits for, and pauses, goes on and is cancelled by a click, also after a reload', async () => {
    await using waiting = await startFakeSmarthost({ replies: { RCPT: ['451 4.7.1 Come back later'] } });
    await addServer('Waiting', waiting.port);
    await using watched = await openPage(browser, program.url, { cookie: client.cookie });
    const { page } = watched;
    const rows = Array.from({ length: 1500 }, (_, at) => good(1 + (at % 2), `W-${at}`));
    await drop(page, 'january.csv', rows);
    await page.getByLabel('SMTP settings').selectOption({ label: 'Waiting' });
    await page.getByRole('button', { name: 'Check every row' }).click();
    await page.getByRole('button', { name: 'Mail 1,500 invoices' }).click({ timeout: 30_000 });
    await yes(page);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    await page.reload();
    await page.getByText('What the waiting ones wait for').waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('What was sent stays sent.').waitFor();
    await yes(page);
    await page
      .getByText(/^.?cancelled$/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Forget' }).waitFor({ timeout: 30_000 });
    await page.getByText('waiting 0').waitFor();
    watched.expectNothingWrong();
  });
});
