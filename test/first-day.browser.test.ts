/**
 * The first day with Postern as people have it, in Chromium, from an empty data folder to the log: the first run, a user
 * who is invited and forgets the password, an account with two billing contacts, and their invoice. The sandbox is the
 * server, every mail is opened in its inbox, and pdftotext (poppler, which we did not write) reads the PDF.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAxeFaults, hasChromium, openBrowser, openPage, type WatchedPage } from './support/browser.ts';
import { findProgram, isCi } from './support/installed.ts';
import { type Program, startProgram } from './support/program.ts';

const canReadPdf = findProgram('pdftotext') !== null || isCi;
const ada = { name: 'Ada Lovelace', email: 'ada@example.com', password: 'correct battery staple' };
const zoe = {
  name: 'Zoë Łukasik',
  email: 'zoe@example.com',
  first: 'a ship in port is safe',
  second: 'but ships must sail',
};
const company = 'Ćwikła & Søn 株式会社';
const contacts = [
  { name: 'Žofie Nováková', address: 'zofie@cwikla.example' },
  { name: '山田 太郎', address: 'yamada@cwikla.example' },
];

describe.runIf(hasChromium)('the first day', () => {
  let browser: Browser;
  let program: Program;
  let admin: WatchedPage;
  beforeAll(async () => {
    browser = await openBrowser();
    program = await startProgram();
    admin = await openPage(browser, program.url, { expected: /401/ });
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    program?.remove();
  });

  /** What stands on the page is looked at by axe. */
  const look = async (page: Page, step: string) => {
    expect(await findAxeFaults(page), step).toEqual([]);
  };
  /** By the menu, as a person goes. */
  const goTo = async (page: Page, name: string) => {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();
    await expect.poll(() => page.title(), { timeout: 10_000 }).toBe(`${name} · Postern`);
  };
  /** Opens the newest mail to somebody in the inbox of the sandbox. @returns the frame of its HTML. */
  const openMail = async (to: string, subject: RegExp) => {
    const { page } = admin;
    await goTo(page, 'Sandbox');
    await page.getByRole('searchbox', { name: 'Filter' }).fill(to);
    const rows = page.getByRole('list', { name: 'Captured messages' }).getByRole('link', { name: subject });
    await rows.filter({ hasText: to }).first().click();
    await page.getByRole('heading', { name: subject }).waitFor();
    return page.frameLocator('iframe[title="HTML part of the message"]');
  };
  /** The path that the button of a mail leads to; its host is what `POSTERN_PUBLIC_URL` says. */
  const readButton = async (to: string, subject: RegExp, button: string) => {
    const frame = await openMail(to, subject);
    const address = new URL((await frame.getByRole('link', { name: button }).getAttribute('href')) ?? '');
    return address.pathname + address.hash;
  };

  it('begins with an administrator and the sandbox', async () => {
    const { page } = admin;
    await page.goto(program.firstRunPath ?? '');
    await page.getByLabel('Your name').fill(ada.name);
    await page.getByLabel('E-mail address').fill(ada.email);
    await page.getByRole('textbox', { name: 'Password' }).fill(ada.password);
    await look(page, 'first run');
    await page.getByRole('button', { name: 'Create and sign in' }).click();
    await page.getByText('Nothing can be sent yet').waitFor();
    await look(page, 'empty dashboard');
    await page.getByRole('link', { name: 'Set up SMTP settings' }).click();
    await page.getByRole('button', { name: 'Try the sandbox' }).first().click();
    await page.getByRole('heading', { name: 'Edit SMTP Settings' }).waitFor();
    await look(page, 'sandbox settings');
    admin.expectNothingWrong();
  });

  it('invites a user, who chooses a password and signs in', async () => {
    const { page } = admin;
    await goTo(page, 'Users');
    await page.getByRole('button', { name: 'Invite a user' }).click();
    await page.getByRole('textbox', { name: 'E-mail address' }).fill(zoe.email);
    await look(page, 'invite');
    await page.getByRole('button', { name: 'Invite', exact: true }).click();
    await page
      .getByRole('row', { name: new RegExp(zoe.email) })
      .getByText('invited')
      .waitFor();
    await look(page, 'users');
    const link = await readButton(zoe.email, /Ada Lovelace invites you/, 'Choose a password');
    await look(page, 'invitation mail');

    await using guest = await openPage(browser, program.url, { expected: /401|403/ });
    await guest.page.goto(link);
    await guest.page.getByText('Ada Lovelace invites you').waitFor();
    await guest.page.getByRole('textbox', { name: 'Your name' }).fill(zoe.name);
    await guest.page.getByRole('textbox', { name: 'Password' }).fill(zoe.first);
    await look(guest.page, 'invitation');
    await guest.page.keyboard.press('Enter');
    await guest.page.getByText('Your account is ready.').waitFor();
    await look(guest.page, 'invitation accepted');
    await guest.page.keyboard.type(zoe.first);
    await guest.page.keyboard.press('Enter');
    await guest.page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
    await look(guest.page, 'dashboard of a viewer');
    guest.expectNothingWrong();
    admin.expectNothingWrong();
  });

  it('mails who forgot the password a link that sets another, and a notice', async () => {
    await using forgetful = await openPage(browser, program.url, { expected: /401|403/ });
    const { page } = forgetful;
    await page.goto('/sign-in');
    await page.getByRole('textbox', { name: 'E-mail address' }).fill(zoe.email);
    await look(page, 'sign in');
    await page.getByRole('link', { name: 'Forgotten password?' }).click();
    await look(page, 'forgotten password');
    await page.getByRole('button', { name: 'Mail me a link' }).click();
    await page.getByRole('heading', { name: 'Look in your mailbox' }).waitFor();
    await look(page, 'reset link sent');
    const link = await readButton(zoe.email, /Choose a new password/, 'Choose a new password');
    await look(admin.page, 'reset mail');

    await page.goto(link);
    await page.getByRole('textbox', { name: 'New password' }).fill(zoe.second);
    await look(page, 'set another password');
    await page.keyboard.press('Enter');
    await page.getByText('Your new password is set').waitFor();
    await page.keyboard.type(zoe.first);
    await page.keyboard.press('Enter');
    await page.getByText('do not belong together').waitFor();
    await look(page, 'old password refused');
    await page.getByRole('textbox', { name: 'Password' }).fill(zoe.second);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();

    const notice = await openMail(zoe.email, /Your password was changed/);
    await notice.getByText(zoe.email).first().waitFor();
    await look(admin.page, 'notice mail');
    forgetful.expectNothingWrong();
    admin.expectNothingWrong();
  });

  it('keeps an account with two billing contacts, and mails both an invoice that was looked at first', async () => {
    const { page } = admin;
    await goTo(page, 'Accounts');
    await page.getByRole('heading', { name: 'No accounts yet' }).waitFor();
    await look(page, 'no accounts');
    await page.getByRole('button', { name: 'Add account' }).click();
    await page.getByLabel('Number').fill('K-1001');
    await page.getByLabel('Name').fill(company);
    await look(page, 'add account');
    await page.getByRole('dialog').getByRole('button', { name: 'Add account' }).click();
    await page.getByRole('heading', { name: company }).waitFor();
    for (const { name, address } of contacts) {
      await page.getByRole('button', { name: 'Add contact' }).click();
      await page.getByLabel('Name').fill(name);
      await page.getByLabel(/^E-mail address/).fill(address);
      await page.getByLabel('Billing: gets the invoices').check();
      if (address === contacts[0]?.address) await look(page, 'add contact');
      await page.getByRole('dialog').getByRole('button', { name: 'Add contact' }).click();
      await page.getByRole('row', { name: new RegExp(address) }).waitFor();
    }
    await look(page, 'account');

    await page.getByRole('link', { name: 'New invoice' }).click();
    await page.getByLabel('Invoice number').fill('R-2026-0001');
    const line = (at: number, field: string) => page.getByLabel(`${field}, line ${at}`);
    await line(1, 'Description').fill('Podpora, říjen 2026');
    await line(1, 'Quantity').fill('12.5');
    await line(1, 'Price of one').fill('1,020.40');
    await line(1, 'Tax in per cent').fill('19');
    await line(1, 'Tax in per cent').press('Enter');
    await page.keyboard.type('技術支援');
    await line(2, 'Price of one').fill('80');
    await line(2, 'Tax in per cent').fill('7');
    await page.getByText('€15,264.05').waitFor();
    await look(page, 'new invoice');
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('heading', { name: 'Invoice R-2026-0001 over €15,264.05' }).waitFor();
    await page.frameLocator('iframe').getByText('R-2026-0001').first().waitFor();
    await look(page, 'invoice preview');
    await page.getByRole('button', { name: 'Send to 2 contacts' }).click();
    await page.waitForURL(/\/invoices\/inv_/);
    await expect.poll(() => page.getByRole('cell', { name: 'sent', exact: true }).count(), { timeout: 15_000 }).toBe(2);
    await look(page, 'invoice');
    await page.getByRole('link', { name: company, exact: true }).click();
    await page.getByRole('tab', { name: 'Messages' }).click();
    for (const { address } of contacts) await page.getByRole('cell', { name: address }).waitFor();
    await look(page, 'messages of the account');

    for (const { name, address } of contacts) {
      const mail = await openMail(address, /Invoice R-2026-0001/);
      await mail.getByText(name).first().waitFor();
      await page.getByRole('tab', { name: /^Attachments/ }).click();
      const saving = page.waitForEvent('download');
      await page.getByRole('link', { name: /R-2026-0001.*\.pdf$/ }).click();
      const text = readPdf(await (await saving).path());
      for (const words of [
        'Invoice R-2026-0001',
        company,
        'K-1001',
        'Podpora, říjen 2026 12.5 €1,020.40 19% €12,755.00',
        '技術支援 1 €80.00 7% €80.00',
        'Subtotal €12,835.00',
        'Tax 7% on €80.00 €5.60',
        'Tax 19% on €12,755.00 €2,423.45',
        'Total €15,264.05',
      ]) {
        if (text !== null) expect(text).toContain(words);
      }
    }
    admin.expectNothingWrong();
  });

  it('finds every one of those messages in the log, the body of none that is secret', async () => {
    const { page } = admin;
    const search = async (words: string, count: number) => {
      await goTo(page, 'Messages');
      await page.getByText('Nothing selected').waitFor();
      await page.getByRole('searchbox', { name: 'Search' }).fill(words);
      await page.keyboard.press('Enter');
      const found = page.getByRole('list', { name: 'Messages' }).getByRole('link');
      await expect.poll(() => found.count(), { timeout: 10_000 }).toBe(count);
      await found.first().click();
      await page.getByRole('heading', { level: 2 }).first().waitFor();
    };
    await search(`to:${zoe.email}`, 3);
    for (const words of ['template:user-invitation', 'subject:"Choose a new password"', 'template:password-changed']) {
      await search(`to:${zoe.email} ${words}`, 1);
      await page.getByText('What it says, its source and its transcripts are shown to nobody.').waitFor();
      expect(await page.getByRole('tab').allTextContents(), words).toEqual(['Delivery']);
    }
    await look(page, 'secret mail in the log');
    await search('account:K-1001 has:attachment', 2);
    await search('R-2026-0001', 2);
    await search('"Žofie Nováková"', 1);
    await page.getByRole('tab', { name: 'Attachments (1)' }).click();
    await look(page, 'invoice in the log');
    admin.expectNothingWrong();
  });
});

/** What stands in it, with single spaces; null where poppler is not installed. */
function readPdf(file: string): string | null {
  if (!canReadPdf) return null;
  expect(readFileSync(file).toString('latin1', 0, 5)).toBe('%PDF-');
  const { stdout, stderr } = spawnSync('pdftotext', ['-layout', '-enc', 'UTF-8', file, '-'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.replaceAll(/\s+/g, ' ');
}
