/**
 * The SMTP Settings screen in Chromium against the running program, named after the steps of the page it follows:
 * adding, editing, deleting SMTP settings, and sending a test email.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import type { SmtpSettings } from '../contracts/smtp-settings.ts';
import { type FakeSmarthost, startFakeSmarthost } from './fake-smarthost.ts';
import { type ApiClient, signIn } from './support/api-client.ts';
import { hasChromium, openBrowser, openPage, signInOnPage, type WatchedPage } from './support/browser.ts';
import { databases, type EmptyDatabase } from './support/databases.ts';
import { administrator, administratorEnv, type Program, startProgram } from './support/program.ts';
import { tlsLab } from './tls-lab.ts';

const screen = '/setup/extensibility/smtp-settings';
const option = (page: Page, name: string) => page.getByRole('option', { name });
const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: false });
const save = (page: Page) => page.getByRole('button', { name: 'Save', exact: true });
const saved = (page: Page) => page.getByRole('status').filter({ hasText: /^\W*Saved$/ });
const testSection = (page: Page) => page.getByRole('region', { name: 'Test' });

describe.runIf(hasChromium)('SMTP Settings', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  describe.each(databases)('on $kind', ({ kind, create }) => {
    let place: EmptyDatabase;
    let program: Program;
    let client: ApiClient & { cookie: string };

    beforeAll(async () => {
      place = await create();
      program = await startProgram({
        env: administratorEnv,
        ...(kind === 'postgres' && { database: place.address }),
      });
      client = await signIn(program.url);
    });
    afterAll(async () => {
      await program?.stop();
      program?.remove();
      await place?.remove();
    });
    beforeEach(async () => {
      onTestFailed(() => console.error(`The program wrote:\n${program.readOutput().slice(-3000)}`));
      for (const { id } of await listSettings()) await client.call('DELETE', `/api/v1/smtp-settings/${id}`);
    });

    const listSettings = async () =>
      (await client.call<{ data: SmtpSettings[] }>('GET', '/api/v1/smtp-settings')).body.data;
    const addSettings = async (more: object) => {
      const input = { name: 'Mail server', host: 'mail.example.com', port: 587, fromEmail: 'a@example.com', ...more };
      const { status, body } = await client.call<SmtpSettings>('POST', '/api/v1/smtp-settings', input);
      if (status !== 201) throw new Error(JSON.stringify(body));
      return body;
    };
    const openScreen = async (at = screen, expected?: RegExp): Promise<WatchedPage> => {
      const watched = await openPage(browser, program.url, { cookie: client.cookie, ...(expected && { expected }) });
      await watched.page.goto(at);
      await watched.page.getByRole('heading', { name: 'SMTP Settings', level: 1 }).waitFor();
      return watched;
    };

    it('is behind the sign-in, and a step from where that leads', async () => {
      await using watched = await openPage(browser, program.url, { expected: /401/ });
      const { page } = watched;
      await page.goto('/');
      await page.waitForURL(/\/sign-in/);
      await signInOnPage(page);
      expect(new URL(page.url()).pathname).toBe('/');
      await page.getByRole('link', { name: 'SMTP Settings', exact: true }).first().click();
      expect(new URL(page.url()).pathname).toBe(screen);
      await page.reload();
      await page.getByRole('heading', { name: 'SMTP Settings', level: 1 }).waitFor();
      watched.expectNothingWrong();
    });

    it('Adding SMTP Settings: click the icon, specify the settings, click Save', async () => {
      await using watched = await openScreen();
      const { page } = watched;
      await page.getByRole('button', { name: 'Add SMTP settings', exact: true }).click();
      await page.getByRole('heading', { name: 'Add SMTP Settings' }).waitFor();
      await field(page, 'Name').first().fill('Berlin');
      await page.getByRole('switch', { name: /Use STARTTLS Only/ }).check();
      await field(page, 'Server Host Name').fill('smtp.example.com');
      await field(page, 'Port').fill('587');
      await page.getByRole('textbox', { name: 'From', exact: true }).fill('Example Ltd');
      await field(page, 'Email Address').fill('office@example.com');
      await field(page, 'Username').fill('office');
      await field(page, 'Password').fill('a password nobody knows');
      await save(page).click();
      await saved(page).waitFor();

      await option(page, 'Berlin').waitFor();
      const [settings, ...others] = await listSettings();
      expect(others).toEqual([]);
      expect(settings).toMatchObject({
        name: 'Berlin',
        starttlsOnly: true,
        host: 'smtp.example.com',
        port: 587,
        fromName: 'Example Ltd',
        fromEmail: 'office@example.com',
        username: 'office',
        hasPassword: true,
        updatedBy: administrator.email,
      });
      expect(new URL(page.url()).pathname).toBe(`${screen}/${settings?.id}`);
      expect(await field(page, 'Password').inputValue()).toBe('');
      watched.expectNothingWrong();
    });

    it('Adding marks what is required and missing, and saves nothing', async () => {
      await using watched = await openScreen(`${screen}/new`, /422/);
      const { page } = watched;
      const host = field(page, 'Server Host Name');
      await host.waitFor();
      expect(await host.getAttribute('aria-required')).toBe('true');
      const bar = await host.evaluate((node) => getComputedStyle(node).borderLeftColor);
      const other = await field(page, 'Username').evaluate((node) => getComputedStyle(node).borderLeftColor);
      expect(bar).not.toBe(other);
      await save(page).click();
      await expect.poll(() => host.getAttribute('aria-invalid')).toBe('true');
      await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('smtp-settings-name');
      expect(await listSettings()).toEqual([]);
      watched.expectNothingWrong();
    });

    it('Editing SMTP Settings: click the settings, modify them, click Save', async () => {
      await addSettings({ name: 'Amsterdam' });
      const berlin = await addSettings({ name: 'Berlin', username: 'u', password: 'kept as it is' });
      await using watched = await openScreen();
      const { page } = watched;
      await option(page, 'Berlin').click();
      await page.getByRole('heading', { name: 'Edit SMTP Settings' }).waitFor();
      await field(page, 'Port').fill('2525');
      await save(page).click();
      await saved(page).waitFor();
      expect(
        (await listSettings()).map(({ name, port, hasPassword, version }) => [name, port, hasPassword, version]),
      ).toEqual([
        ['Amsterdam', 587, false, 1],
        ['Berlin', 2525, true, 2],
      ]);
      // Another host gets the saved password only when it is typed again.
      await field(page, 'Server Host Name').fill('other.example.com');
      await page.getByText(/type it again/).waitFor();
      expect(await page.getByRole('textbox', { name: /^Password/ }).getAttribute('aria-required')).toBe('true');
      expect((await client.call<SmtpSettings>('GET', `/api/v1/smtp-settings/${berlin.id}`)).body.host).toBe(
        'mail.example.com',
      );
      watched.expectNothingWrong();
    });

    it('Editing never loses what was typed: another row asks first', async () => {
      await addSettings({ name: 'Amsterdam' });
      await addSettings({ name: 'Berlin' });
      await using watched = await openScreen();
      const { page } = watched;
      await option(page, 'Berlin').click();
      await page.getByRole('textbox', { name: 'From', exact: true }).fill('Typed, not saved');
      await option(page, 'Amsterdam').click();
      const question = page.getByRole('dialog', { name: 'Unsaved changes' });
      await question.getByRole('button', { name: 'Keep editing' }).click();
      expect(await page.getByRole('textbox', { name: 'From', exact: true }).inputValue()).toBe('Typed, not saved');
      await option(page, 'Amsterdam').click();
      await question.getByRole('button', { name: 'Save' }).click();
      await expect.poll(() => option(page, 'Amsterdam').getAttribute('aria-selected')).toBe('true');
      expect((await listSettings()).find(({ name }) => name === 'Berlin')?.fromName).toBe('Typed, not saved');
      watched.expectNothingWrong();
    });

    it('Editing by two administrators: the second save is refused and shows what changed', async () => {
      const { id } = await addSettings({ name: 'Shared', fromName: 'Before' });
      await using watched = await openScreen(`${screen}/${id}`, /412/);
      const { page } = watched;
      await page.getByRole('textbox', { name: 'From', exact: true }).fill('Mine');
      const theirs = { fromName: 'Theirs', port: 2525, version: 1 };
      expect((await client.call('PATCH', `/api/v1/smtp-settings/${id}`, theirs)).status).toBe(200);
      await save(page).click();
      const dialog = page.getByRole('dialog', { name: 'Somebody else saved these settings' });
      await dialog.getByRole('cell', { name: 'Theirs' }).waitFor();
      const rows = await dialog.getByRole('row').allInnerTexts();
      expect(rows.join('\n')).toMatch(/From\s+Mine\s+Theirs\s+Before/);
      expect((await listSettings())[0]).toMatchObject({ fromName: 'Theirs', version: 2 });
      await dialog.getByRole('button', { name: 'Keep mine' }).click();
      await saved(page).waitFor();
      expect((await listSettings())[0]).toMatchObject({ fromName: 'Mine', port: 2525, version: 3 });
      watched.expectNothingWrong();
    });

    it('Deleting SMTP Settings: select them, click the icon, and only Yes deletes', async () => {
      await addSettings({ name: 'Amsterdam' });
      await addSettings({ name: 'Berlin' });
      await using watched = await openScreen();
      const { page } = watched;
      const icon = page.getByRole('button', { name: 'Delete', exact: true });
      expect(await icon.getAttribute('aria-disabled')).toBe('true');
      await option(page, 'Berlin').click();
      await icon.click();
      const question = page.getByRole('dialog', { name: 'Delete “Berlin”?' });
      await question.getByText('Nothing uses them.').waitFor();
      await question.getByRole('button', { name: 'No' }).click();
      expect((await listSettings()).length).toBe(2);
      await icon.click();
      await question.getByRole('button', { name: 'Yes' }).click();
      await expect.poll(() => option(page, 'Berlin').count()).toBe(0);
      expect((await listSettings()).map(({ name }) => name)).toEqual(['Amsterdam']);
      watched.expectNothingWrong();
    });

    it('Sends a test email to the user’s own address with the settings selected, and the sandbox has it', async () => {
      await client.call('DELETE', '/api/v1/sandbox/messages');
      await using watched = await openScreen();
      const { page } = watched;
      await page.getByRole('button', { name: 'Try the sandbox' }).first().click();
      await option(page, 'Sandbox').waitFor();
      await page.getByRole('button', { name: 'Send a test email' }).click();
      await testSection(page).getByText(`Sent to ${administrator.email}`).waitFor();
      const states = await testSection(page)
        .locator('li')
        .evaluateAll((rungs) => rungs.map((rung) => rung.getAttribute('data-status')));
      expect(states).toEqual(['ok', 'ok', 'skipped', 'ok', 'skipped', 'ok', 'ok', 'ok']);
      await option(page, 'Sandbox').getByText('Test passed').waitFor();

      await page.getByRole('link', { name: 'Open the sandbox inbox' }).click();
      const row = page.getByRole('link', { name: /Postern test/ });
      await row.click();
      await page.getByRole('heading', { name: /Postern test: Sandbox works/ }).waitFor();
      await page.getByRole('tab', { name: 'Text' }).click();
      await page.getByText('Sandbox').first().waitFor();
      const inbox = await client.call<{ data: { recipients: string[] }[] }>('GET', '/api/v1/sandbox/messages');
      expect(inbox.body.data.map(({ recipients }) => recipients)).toEqual([[administrator.email]]);
      watched.expectNothingWrong();
    });

    it('tests the form as it stands without saving it, and a repair makes the next test green', async () => {
      const lab = tlsLab();
      await using server = await startFakeSmarthost({
        tls: { mode: 'implicit', ...lab.leaf('self-signed') },
        login: { username: 'u', password: 'right' },
      });
      const { id } = await addSettings({
        name: 'Own server',
        host: 'localhost',
        port: server.port,
        username: 'u',
        password: 'right',
      });
      await using watched = await openScreen(`${screen}/${id}`);
      const { page } = watched;
      await page.getByRole('textbox', { name: 'Send the test to' }).fill('other@example.org');
      await page.getByRole('button', { name: 'Test these settings' }).click();
      await testSection(page)
        .getByText(/^TLS: /)
        .waitFor({ timeout: 20_000 });
      await testSection(page)
        .getByRole('button', { name: /TLS from the start/ })
        .click();
      const trust = testSection(page).getByRole('button', { name: /^Trust/ });
      await trust.waitFor({ timeout: 20_000 });
      await trust.click();
      await testSection(page).getByText('Sent to other@example.org').waitFor({ timeout: 20_000 });
      await page.getByText('Unsaved changes').waitFor();
      expect((await listSettings())[0]).toMatchObject({
        security: 'automatic',
        certificateCheck: 'verify',
        version: 1,
      });

      await save(page).click();
      await saved(page).waitFor();
      expect((await listSettings())[0]).toMatchObject({
        security: 'tls',
        certificateCheck: 'fingerprint',
        certificateFingerprint: lab.leaf('self-signed').fingerprint,
      });
      expect(deliveriesOf(server)).toBe(1);
      watched.expectNothingWrong();
    });

    it('finds the right port when the given one is closed, and offers it', async () => {
      // An address of its own, so that the usual ports are free on it.
      const address = kind === 'sqlite' ? '127.25.25.1' : '127.25.25.2';
      await using server = await listenAt(address, 2525);
      const { id } = await addSettings({ name: 'Wrong port', host: address, port: 2526 });
      await using watched = await openScreen(`${screen}/${id}`);
      const { page } = watched;
      await page.getByRole('button', { name: 'Test these settings' }).click();
      await testSection(page)
        .getByText(/^TCP: /)
        .waitFor({ timeout: 20_000 });
      await testSection(page).getByRole('button', { name: /2525/ }).click();
      await testSection(page).getByText(`Sent to ${administrator.email}`).waitFor({ timeout: 20_000 });
      expect(await field(page, 'Port').inputValue()).toBe('2525');
      expect(server.count()).toBe(1);
      watched.expectNothingWrong();
    });

    it('says in plain words what the server said to a wrong password', async () => {
      await using server = await startFakeSmarthost({
        tls: { mode: 'starttls', ...tlsLab().leaf('self-signed') },
        login: { username: 'u', password: 'right' },
      });
      await addSettings({
        name: 'Wrong password',
        host: 'localhost',
        port: server.port,
        username: 'u',
        password: 'wrong',
        certificateCheck: 'fingerprint',
        certificateFingerprint: tlsLab().leaf('self-signed').fingerprint,
      });
      await using watched = await openScreen();
      const { page } = watched;
      await option(page, 'Wrong password').click();
      await page.getByRole('button', { name: 'Send a test email' }).click();
      await testSection(page)
        .getByText(/^AUTH: /)
        .waitFor();
      await testSection(page).getByText(/535/).first().waitFor();
      await option(page, 'Wrong password').getByText('Test failed').waitFor();
      watched.expectNothingWrong();
    });

    it('filters by name, host and addresses as one types', async () => {
      await addSettings({ name: 'Amsterdam', host: 'ams.example.net' });
      await addSettings({ name: 'Berlin', fromEmail: 'office@berlin.example' });
      await addSettings({ name: 'Zürich', username: 'needle@example.com' });
      await using watched = await openScreen();
      const { page } = watched;
      await option(page, 'Zürich').waitFor();
      await page.keyboard.press('/');
      for (const [typed, names] of [
        ['ams.example', ['Amsterdam']],
        ['OFFICE@', ['Berlin']],
        ['zür', ['Zürich']],
        ['needle', ['Zürich']],
      ] as const) {
        await page.getByRole('textbox', { name: 'Filter' }).fill(typed);
        await expect.poll(() => page.getByRole('option').count()).toBe(names.length);
        for (const name of names) expect(await option(page, name).count()).toBe(1);
      }
      await page.getByRole('textbox', { name: 'Filter' }).fill('nothing like this');
      await page.getByText(/No SMTP settings match/).waitFor();
      await page.keyboard.press('Escape');
      await expect.poll(() => page.getByRole('option').count()).toBe(3);
      watched.expectNothingWrong();
    });

    it('is worked by keyboard alone: add, select, edit, test, delete', async () => {
      await client.call('DELETE', '/api/v1/sandbox/messages');
      const sandbox = (await client.call<{ port: number }>('GET', '/api/v1/sandbox')).body.port;
      await addSettings({ name: 'Amsterdam' });
      await using watched = await openScreen();
      const { page } = watched;
      await option(page, 'Amsterdam').waitFor();
      await tabTo(page, 'Add SMTP settings');
      await page.keyboard.press('Enter');
      await tabTo(page, /^Name/);
      await page.keyboard.type('By keyboard');
      await tabTo(page, /^Server Host Name/);
      await page.keyboard.type('127.0.0.1');
      await tabTo(page, /^Port/);
      await page.keyboard.press('Control+A');
      await page.keyboard.type(String(sandbox));
      await tabTo(page, /^Email Address/);
      await page.keyboard.type('keys@example.com');
      await page.keyboard.press('Control+S');
      await option(page, 'By keyboard').waitFor();
      await page.keyboard.press('/');
      await tabTo(page, 'SMTP settings');
      await page.keyboard.press('Home');
      await expect.poll(() => option(page, 'Amsterdam').getAttribute('aria-selected')).toBe('true');
      await page.keyboard.press('ArrowDown');
      await expect.poll(() => option(page, 'By keyboard').getAttribute('aria-selected')).toBe('true');
      await tabTo(page, 'Send a test email', 'Shift+Tab');
      await page.keyboard.press('Enter');
      await testSection(page).getByText(`Sent to ${administrator.email}`).waitFor();
      await tabTo(page, 'Delete');
      await page.keyboard.press('Enter');
      const question = page.getByRole('dialog', { name: 'Delete “By keyboard”?' });
      await question.waitFor();
      await tabTo(page, 'Yes');
      await page.keyboard.press('Enter');
      await expect.poll(() => option(page, 'By keyboard').count()).toBe(0);
      expect((await listSettings()).map(({ name }) => name)).toEqual(['Amsterdam']);
      watched.expectNothingWrong();
    });
  });
});

const deliveriesOf = (server: FakeSmarthost) =>
  server.connections.reduce((sum, connection) => sum + connection.messages.length, 0);

/** Presses Tab until what has the focus is called so, as a person would; gives up after sixty. */
async function tabTo(page: Page, name: string | RegExp, key = 'Tab'): Promise<void> {
  const seen: string[] = [];
  for (let count = 0; count < 60; count += 1) {
    const focused = await page.evaluate(() => {
      const node = document.activeElement as (HTMLElement & { labels?: NodeListOf<HTMLLabelElement> }) | null;
      if (!node) return '';
      return (node.getAttribute('aria-label') ?? node.labels?.[0]?.textContent ?? node.textContent ?? '').trim();
    });
    seen.push(focused.slice(0, 30));
    if (typeof name === 'string' ? focused === name : name.test(focused)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} never came to ${name}; it came to ${seen.join(' · ')}`);
}

/** A friendly server at one address and port. */
async function listenAt(host: string, port: number): Promise<AsyncDisposable & { count: () => number }> {
  const { SMTPServer } = await import('smtp-server');
  let count = 0;
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    onData: (stream, _session, done) => {
      stream.resume().on('end', () => {
        count += 1;
        done();
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    count: () => count,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
