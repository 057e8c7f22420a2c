/** Accounts, contacts and their import in Chromium: filtered in the address, linked, by keyboard, and after a reload. */
import { readFileSync } from 'node:fs';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClient, signIn } from './support/api-client.ts';
import { findAxeFaults, findUnreached, hasChromium, openBrowser, openPage } from './support/browser.ts';
import { administratorEnv, type Program, startProgram } from './support/program.ts';

describe.runIf(hasChromium)('accounts and contacts', () => {
  let browser: Browser;
  let program: Program;
  let client: ApiClient & { cookie: string };
  beforeAll(async () => {
    browser = await openBrowser();
    program = await startProgram({ env: administratorEnv });
    client = await signIn(program.url);
    for (let at = 1; at <= 60; at += 1) {
      const number = `N-${String(at).padStart(3, '0')}`;
      const contacts = at % 10 === 0 ? [] : [{ address: `billing@c${at}.example`, kinds: ['billing'] }];
      const body = { number, name: `Company ${number}`, currency: 'EUR', contacts };
      expect((await client.call('POST', '/api/v1/accounts', body)).status).toBe(201);
    }
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    program?.remove();
  });
  const rows = (page: Page) => page.getByRole('list', { name: 'Accounts' }).getByRole('link');

  it('are shown page by page, filtered by what stands in the address, and walked through by arrow keys', async () => {
    await using watched = await openPage(browser, program.url, { cookie: client.cookie });
    const { page } = watched;
    await page.goto('/accounts');
    await expect.poll(() => rows(page).count(), { timeout: 10_000 }).toBe(50);
    await page.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(() => rows(page).count(), { timeout: 10_000 }).toBe(60);
    await page.keyboard.press('/');
    await page.keyboard.type('c47.example');
    await page.waitForURL(/q=c47\.example/);
    await expect.poll(() => rows(page).count(), { timeout: 10_000 }).toBe(1);
    await page.goto('/accounts?without_kind=billing&status=active');
    await expect.poll(() => rows(page).count(), { timeout: 10_000 }).toBe(6);
    await rows(page).first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/accounts\/acct_.*without_kind=billing/);
    await page.getByRole('heading', { name: 'Company N-020', level: 2 }).waitFor();
    await page.getByText('Nobody gets invoices here').waitFor();
    expect(await page.getByRole('link', { name: 'New invoice' }).count()).toBe(0);
    watched.expectNothingWrong();
  });

  it('change contacts: kinds, first choice, whether active; and remove them after a question', async () => {
    await using watched = await openPage(browser, program.url, { cookie: client.cookie, expected: /4\d\d/ });
    const { page } = watched;
    await page.goto('/accounts/N-001');
    await page.getByRole('button', { name: 'Edit billing@c1.example' }).click();
    expect(await findAxeFaults(page)).toEqual([]);
    await page.getByLabel('Name').fill('Bea Biller');
    await page.getByLabel('Technical: about the service').check();
    await page.getByRole('group', { name: 'First choice for' }).getByLabel('technical').check();
    await page.getByLabel('Active').uncheck();
    await page.getByRole('button', { name: 'Save' }).click();
    const row = page.getByRole('row', { name: /Bea Biller/ });
    await row.getByText('not active').waitFor();
    await row.getByText(/technical \(first choice\)/).waitFor();
    await page.getByText('Nobody gets invoices here').waitFor();

    await page.getByRole('button', { name: 'Add contact' }).click();
    await page.getByLabel(/^E-mail address/).fill('nobody');
    await page.getByRole('dialog').getByRole('button', { name: 'Add contact' }).click();
    await page
      .getByRole('dialog')
      .getByText(/local@domain|address such as|@/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();

    await page.getByRole('button', { name: 'More for Bea Biller' }).click();
    await page.getByRole('menuitem', { name: 'Remove from the account' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await row.waitFor({ state: 'detached' });
    expect((await client.call<{ contact_count: number }>('GET', '/api/v1/accounts/N-001')).body.contact_count).toBe(0);
    watched.expectNothingWrong();
  });

  it('have dialogs that open and close by keys alone, keep the Tab key, and give the focus back', async () => {
    await using watched = await openPage(browser, program.url, { cookie: client.cookie });
    const { page } = watched;
    const isFocused = (target: Locator) =>
      expect.poll(() => target.evaluate((element) => element === document.activeElement), { timeout: 5000 }).toBe(true);
    await page.goto('/accounts/N-004');
    const dialogs: [opener: Locator, first: Locator | null][] = [
      [page.getByRole('button', { name: 'Add account' }), page.getByLabel('Number')],
      [page.getByRole('button', { name: 'Edit', exact: true }), null],
      [page.getByRole('button', { name: 'Delete', exact: true }), null],
      [page.getByRole('button', { name: 'Add contact' }), page.getByLabel('Name')],
      [page.getByRole('button', { name: 'Edit billing@c4.example' }), page.getByLabel('Name')],
    ];
    for (const [opener, first] of dialogs) {
      await opener.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      if (first) await isFocused(first);
      expect(await page.getByRole('dialog').evaluate((one) => one.contains(document.activeElement))).toBe(true);
      expect(await findUnreached(page)).toEqual([]);
      expect(await findAxeFaults(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      await isFocused(opener);
    }
    const more = page.getByRole('button', { name: 'More for billing@c4.example' });
    await more.focus();
    await page.keyboard.press('Enter');
    await isFocused(page.getByRole('menuitem').first());
    await page.keyboard.press('Escape');
    await isFocused(more);

    await page.getByRole('button', { name: 'Add contact' }).focus();
    await page.keyboard.press('Enter');
    await isFocused(page.getByLabel('Name'));
    await page.keyboard.type('Keys Only');
    await page.keyboard.press('Tab');
    await page.keyboard.type('keys@c4.example');
    await page.keyboard.press('Enter');
    await page.getByRole('row', { name: /Keys Only/ }).waitFor();
    await isFocused(page.getByRole('button', { name: 'Add contact' }));
    watched.expectNothingWrong();
  });

  it('hand over what is known of a person, and erase it only when the address was typed', async () => {
    await using watched = await openPage(browser, program.url, { cookie: client.cookie });
    const { page } = watched;
    await page.goto('/accounts/N-002');
    const more = page.getByRole('button', { name: 'More for billing@c2.example' });
    await more.click();
    const saving = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: 'Export everything known' }).click();
    const file = await (await saving).path();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      address: 'billing@c2.example',
      contacts: [{ account: { number: 'N-002' } }],
    });
    await more.click();
    await page.getByRole('menuitem', { name: 'Erase this person' }).click();
    const erase = page.getByRole('dialog').getByRole('button', { name: 'Erase' });
    expect(await erase.isDisabled()).toBe(true);
    expect(await findAxeFaults(page)).toEqual([]);
    await page.getByLabel('Type the address to confirm').fill('billing@c2.example');
    await erase.click();
    await page.getByRole('heading', { name: 'Erased' }).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
    await page.getByText('Nobody yet.').waitFor();
    watched.expectNothingWrong();
  });

  it('come out of a CSV: mapped, checked, imported without the faulty rows, which can be downloaded; a reload loses nothing', async () => {
    await using watched = await openPage(browser, program.url, { cookie: client.cookie });
    const { page } = watched;
    await page.goto('/accounts/import');
    const csv = [
      'Kundennummer;Firma;Währung;E-Mail;Art',
      'N-003;Renamed Ltd;EUR;billing@c3.example;billing',
      'X-1;Émile et Fils;EUR;emile@example.fr;billing',
      'X-2;Wrong;EUR;no-address;billing',
      '',
    ].join('\r\n');
    await page.locator('input[type=file]').setInputFiles({
      name: 'kunden.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(csv, 'latin1'),
    });
    await page.waitForURL(/accounts\/import\/imp_/);
    await page.getByRole('heading', { name: 'kunden.csv', level: 1 }).waitFor();
    await page.getByText('Émile et Fils').waitFor();
    const choose = (column: string, label: string) => page.getByLabel(`What ${column} means`).selectOption({ label });
    await choose('Kundennummer', 'Account: number (needed)');
    await choose('Firma', 'Account: name');
    await choose('Währung', 'Account: currency');
    await choose('E-Mail', 'Contact: e-mail address');
    await choose('Art', 'Contact: kinds');
    expect(await findAxeFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Check every row' }).click();
    await page.getByText('One row is faulty').waitFor();
    await page.reload();
    await page.getByText('One row is faulty').waitFor();
    expect(await findAxeFaults(page)).toEqual([]);
    expect((await client.call('GET', '/api/v1/accounts/X-1')).status, 'nothing is changed by checking').toBe(404);
    await page.getByRole('button', { name: 'Import 2 rows, leave out 1' }).click();
    await page.getByText('The import is finished').waitFor();
    const saving = page.waitForEvent('download');
    await page.getByRole('link', { name: /Download the faulty row/ }).click();
    expect(readFileSync(await (await saving).path(), 'utf8')).toContain('no-address');
    expect((await client.call<{ name: string }>('GET', '/api/v1/accounts/X-1')).body.name).toBe('Émile et Fils');
    expect((await client.call<{ name: string }>('GET', '/api/v1/accounts/N-003')).body.name).toBe('Renamed Ltd');
    expect((await client.call('GET', '/api/v1/accounts/X-2')).status).toBe(404);
    watched.expectNothingWrong();
  });

  it.each([
    ['the list', '/accounts'],
    ['an account', '/accounts/N-005'],
    ['its invoices', '/accounts/N-005?tab=invoices'],
    ['its messages', '/accounts/N-005?tab=messages'],
    ['the import', '/accounts/import'],
    ['a new invoice', '/accounts/N-005/new-invoice'],
    ['all invoices', '/invoices'],
    ['billing runs', '/billing-runs'],
    ['an account that does not exist', '/accounts/nowhere'],
  ])(
    '%s: nothing serious for axe, wide and dark and at 375 px, which it fits; the Tab key leads everywhere',
    async (_name, at) => {
      for (const view of [{ colorScheme: 'dark' as const }, { viewport: { width: 375, height: 720 } }]) {
        await using watched = await openPage(browser, program.url, { cookie: client.cookie, expected: /404/, ...view });
        const { page } = watched;
        await page.goto(at);
        await page.getByRole('heading').first().waitFor();
        await page.waitForLoadState('networkidle');
        expect(await findAxeFaults(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
          page.viewportSize()?.width ?? 0,
        );
        expect(await findUnreached(page)).toEqual([]);
        watched.expectNothingWrong();
      }
    },
  );
});
