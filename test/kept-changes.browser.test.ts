/**
 * What a person typed, and what is shown once, stays until they let it go: whatever somebody else deletes, whichever way
 * the page is left. And where the eye and the keyboard are after each step of a test.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import type { SmtpSettings } from '../contracts/smtp-settings.ts';
import { startFakeSmarthost } from './fake-smarthost.ts';
import { type ApiClient, signIn } from './support/api-client.ts';
import { findAxeFaults, hasChromium, openBrowser, openPage, type WatchedPage } from './support/browser.ts';
import { administrator, administratorEnv, type Program, startProgram } from './support/program.ts';
import { tlsLab } from './tls-lab.ts';

const screen = '/setup/extensibility/smtp-settings';
const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: false });
const testSection = (page: Page) => page.getByRole('region', { name: 'Test' });

describe.runIf(hasChromium)('what was typed or shown once', () => {
  let browser: Browser;
  let program: Program;
  let client: ApiClient & { cookie: string };

  beforeAll(async () => {
    browser = await openBrowser();
    program = await startProgram({ env: administratorEnv });
    client = await signIn(program.url);
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    program?.remove();
  });

  let count = 0;
  const addSettings = async (more: object = {}) => {
    count += 1;
    const input = { name: `Server ${count}`, host: 'mail.example.com', port: 587, fromEmail: 'a@example.com', ...more };
    const { status, body } = await client.call<SmtpSettings>('POST', '/api/v1/smtp-settings', input);
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body;
  };
  const read = async (id: string) => (await client.call<SmtpSettings>('GET', `/api/v1/smtp-settings/${id}`)).body;
  const openAt = async (at: string, expected?: RegExp): Promise<WatchedPage> => {
    onTestFailed(() => console.error(`The program wrote:\n${program.readOutput().slice(-2000)}`));
    const options = { cookie: client.cookie, viewport: { width: 1280, height: 900 } };
    const watched = await openPage(browser, program.url, { ...options, ...(expected && { expected }) });
    await watched.page.goto(at);
    await watched.page.getByRole('heading', { name: 'SMTP Settings', level: 1 }).waitFor();
    return watched;
  };

  it.each(['Save', 'Test these settings'])(
    'stays when somebody else deletes the settings, found out by %s, and is saved as new',
    async (button) => {
      const { id, name } = await addSettings({ username: 'u', password: 'gone with them' });
      await using watched = await openAt(`${screen}/${id}`, /404|422/);
      const { page } = watched;
      await page.getByRole('textbox', { name: 'From', exact: true }).fill('Typed, not saved');
      await client.call('DELETE', `/api/v1/smtp-settings/${id}`);
      await page.getByRole('button', { name: button, exact: true }).click();
      await page.getByText('These settings were deleted by somebody else in the meantime.').waitFor();
      expect(await page.getByRole('textbox', { name: 'From', exact: true }).inputValue()).toBe('Typed, not saved');
      expect(await page.getByRole('option', { name }).count()).toBe(0);
      expect(await findAxeFaults(page)).toEqual([]);
      await field(page, 'Password').fill('typed again');
      await page.getByRole('button', { name: 'Save as new' }).click();
      await page.getByRole('option', { name }).waitFor();
      const saved = await read(page.url().split('/').at(-1) ?? '');
      expect(saved).toMatchObject({ name, fromName: 'Typed, not saved', hasPassword: true, version: 1 });
      expect(saved.id).not.toBe(id);
      watched.expectNothingWrong();
    },
  );

  it('is not pretended where nothing was typed: deleted settings do not exist', async () => {
    const { id } = await addSettings();
    await using watched = await openAt(`${screen}/${id}`, /404|422/);
    const { page } = watched;
    await field(page, 'Server Host Name').waitFor();
    await client.call('DELETE', `/api/v1/smtp-settings/${id}`);
    await page.getByRole('button', { name: 'Test these settings' }).click();
    await page.getByRole('heading', { name: 'These SMTP settings do not exist' }).waitFor();
    watched.expectNothingWrong();
  });

  it('is asked about before Sign out, and who keeps editing stays signed in', async () => {
    const { id } = await addSettings();
    const own = await signIn(program.url);
    await using watched = await openPage(browser, program.url, { cookie: own.cookie, expected: /401/ });
    const { page } = watched;
    await page.goto(`${screen}/${id}`);
    await field(page, 'Port').fill('2525');
    const signOut = async () => {
      await page.getByRole('button', { name: /^Account/ }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
    };
    await signOut();
    const question = page.getByRole('dialog', { name: 'Unsaved changes' });
    await question.waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => question.count()).toBe(0);
    expect((await own.call('GET', '/api/v1/me')).status).toBe(200);
    await signOut();
    await question.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await expect.poll(async () => (await own.call('GET', '/api/v1/me')).status).toBe(401);
    expect((await read(id)).port).toBe(2525);
    watched.expectNothingWrong();
  });

  it('is named by the delete question, which says that it goes too', async () => {
    const { id } = await addSettings();
    await using watched = await openAt(`${screen}/${id}`);
    const { page } = watched;
    const words = page.getByRole('dialog').getByText(/have not saved goes too/);
    const ask = async () => {
      await page.getByRole('button', { name: 'Delete', exact: true }).click();
      await page.getByRole('dialog').getByText('Nothing uses them.').waitFor();
    };
    await field(page, 'Port').waitFor();
    await ask();
    expect(await words.count()).toBe(0);
    await page.getByRole('dialog').getByRole('button', { name: 'No' }).click();
    await field(page, 'Port').fill('2525');
    await ask();
    expect(await words.count()).toBe(1);
    watched.expectNothingWrong();
  });

  it('has the own CA though the list does not carry it, and a save of something else keeps it', async () => {
    const { ca } = tlsLab();
    const { id, name } = await addSettings({ certificateCheck: 'ca', caCertificate: ca });
    await using watched = await openAt(screen);
    const { page } = watched;
    await page.getByRole('option', { name, exact: false }).click();
    await page.getByRole('button', { name: 'More', exact: true }).click();
    expect(await field(page, 'Own CA certificate').inputValue()).toBe(ca.trim());
    await field(page, 'Port').fill('2525');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect.poll(async () => (await read(id)).port).toBe(2525);
    expect(await field(page, 'Own CA certificate').inputValue()).toBe(ca.trim());
    expect((await read(id)).caCertificate).toBe(ca.trim());
    watched.expectNothingWrong();
  });

  it('is not closed by Escape: a new API key, shown once', async () => {
    await using watched = await openPage(browser, program.url, { cookie: client.cookie });
    const { page } = watched;
    await page.goto('/setup/api-keys');
    await page.getByRole('button', { name: /^Add/ }).first().click();
    await page.getByRole('textbox', { name: /^Name/ }).fill('Billing');
    await page.getByRole('button', { name: 'Create key' }).click();
    const key = page.getByTestId('api-key');
    await key.waitFor();
    // A browser closes a dialog at the second Escape, whatever the page said to the first.
    for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press('Escape');
    expect(await key.isVisible()).toBe(true);
    await page.getByRole('button', { name: 'I have copied it' }).click();
    await expect.poll(() => key.count()).toBe(0);
    watched.expectNothingWrong();
  });

  it('tells before saving that no user name means no saved password', async () => {
    const { id } = await addSettings({ username: 'u', password: 'will be forgotten' });
    await using watched = await openAt(`${screen}/${id}`);
    const { page } = watched;
    const words = page.getByText('No user name: the saved password will be forgotten when you save.');
    await field(page, 'Username').waitFor();
    expect(await words.count()).toBe(0);
    await field(page, 'Username').fill('');
    await words.waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect.poll(async () => (await read(id)).hasPassword).toBe(false);
    await expect.poll(() => words.count()).toBe(0);
    watched.expectNothingWrong();
  });

  it('takes the first-run link pasted into a tab that shows the page without it', async () => {
    const fresh = await startProgram();
    try {
      await using watched = await openPage(browser, fresh.url, { expected: /401|422/ });
      const { page } = watched;
      await page.goto('/first-run');
      await page.getByText('The link is not complete').waitFor();
      await page.evaluate((hash) => {
        location.hash = hash;
      }, fresh.firstRunPath?.split('#')[1] ?? '');
      await page.getByLabel('Your name').fill('Ada');
      expect(new URL(page.url()).hash).toBe('');
      await page.getByLabel('E-mail address').fill('ada@example.com');
      const password = page.getByRole('textbox', { name: 'Password' });
      await password.fill('aaaaaaaaaaaaaa');
      await page.getByRole('button', { name: 'Create and sign in' }).click();
      await expect.poll(() => password.getAttribute('aria-invalid')).toBe('true');
      expect(await page.getByText('✓').count()).toBe(0);
      await password.fill('correct battery staple');
      await page.getByText('✓').waitFor();
      await page.getByRole('button', { name: 'Create and sign in' }).click();
      await page.getByText('Nothing can be sent yet').waitFor();
      watched.expectNothingWrong();
    } finally {
      await fresh.stop();
      fresh.remove();
    }
  });

  it('says why a sign-in led nowhere when the browser did not keep the session', async () => {
    await using watched = await openPage(browser, program.url, { expected: /401/ });
    const { page } = watched;
    // As behind an https:// address that was opened over http://: accepted, but the cookie is not kept.
    const me = { id: 'user_1', name: 'Admin', email: administrator.email, role: 'administrator' };
    await page.route('**/api/v1/sign-in', (route) => route.fulfill({ status: 200, json: me }));
    await page.goto('/sign-in');
    await page.getByLabel('E-mail address').fill(administrator.email);
    await page.getByRole('textbox', { name: 'Password' }).fill(administrator.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    const alert = page.getByRole('alert');
    await alert.getByText('You are signed in, but this browser did not keep the session').waitFor();
    expect(await alert.innerText()).toMatch(/public address \(POSTERN_PUBLIC_URL\)/);
    expect(new URL(page.url()).pathname).toBe('/sign-in');
    watched.expectNothingWrong();
  });

  it('a repair that trusts a certificate tests on without asking for the password, in sight of eye and keyboard', async () => {
    await using server = await startFakeSmarthost({
      tls: { mode: 'starttls', ...tlsLab().leaf('self-signed') },
      login: { username: 'u', password: 'right' },
    });
    const { id } = await addSettings({ host: 'localhost', port: server.port, username: 'u', password: 'right' });
    await using watched = await openAt(`${screen}/${id}`, /422/);
    const { page } = watched;
    await page.getByRole('button', { name: 'Test these settings' }).click();
    const heading = testSection(page).getByRole('heading', { name: 'Test', exact: true });
    const isInSight = async () => {
      const box = await heading.boundingBox();
      return box !== null && box.y >= 48 && box.y < 450;
    };
    const trust = testSection(page).getByRole('button', { name: /^Trust exactly/ });
    await trust.waitFor({ timeout: 20_000 });
    await expect.poll(isInSight).toBe(true);
    await trust.click();
    await testSection(page).getByText(`Sent to ${administrator.email}`).waitFor({ timeout: 20_000 });
    await expect.poll(isInSight).toBe(true);
    await expect.poll(() => heading.evaluate((node) => node === document.activeElement)).toBe(true);
    expect(await page.getByText(/type it again/).count()).toBe(0);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect.poll(async () => (await read(id)).certificateCheck).toBe('fingerprint');

    // A fingerprint that no test has shown may be anybody's.
    await field(page, 'Trusted fingerprint').fill('ab'.repeat(32));
    await page.getByText(/Another certificate would be trusted.*type it again/).waitFor();
    await page.getByRole('button', { name: 'Test these settings' }).click();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('smtp-settings-password');
    watched.expectNothingWrong();
  });

  it('offers sending without encryption, but does not urge it', async () => {
    await using server = await startFakeSmarthost({});
    const { id } = await addSettings({ host: '127.0.0.1', port: server.port, starttlsOnly: true });
    await using watched = await openAt(`${screen}/${id}`);
    const { page } = watched;
    await page.getByRole('button', { name: 'Send a test email' }).click();
    const weaker = testSection(page).getByRole('button', { name: /without encryption/ });
    await weaker.waitFor({ timeout: 20_000 });
    expect(await weaker.getAttribute('data-variant')).toBe('default');
    expect(await findAxeFaults(page)).toEqual([]);
    watched.expectNothingWrong();
  });
});
