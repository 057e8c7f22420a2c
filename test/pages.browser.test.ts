/** Every page: nothing serious for axe in light and dark, whole on a narrow screen, and what each role may see. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SmtpSettings } from '../contracts/smtp-settings.ts';
import { startFakeSmarthost } from './fake-smarthost.ts';
import { type ApiClient, signIn } from './support/api-client.ts';
import {
  findAxeFaults,
  findUnreached,
  hasChromium,
  inEachLight,
  openBrowser,
  openPage,
  settled,
  signInOnPage,
} from './support/browser.ts';
import { administratorEnv, type Program, runToEnd, startProgram } from './support/program.ts';

const screen = '/setup/extensibility/smtp-settings';

describe.runIf(hasChromium)('the pages', () => {
  let browser: Browser;
  let program: Program;
  let client: ApiClient & { cookie: string };
  let saved: SmtpSettings;
  let boxId: string;

  beforeAll(async () => {
    browser = await openBrowser();
    program = await startProgram({ env: administratorEnv });
    client = await signIn(program.url);
    const add = (more: object) =>
      client.call<SmtpSettings>('POST', '/api/v1/smtp-settings', {
        name: 'Berlin',
        host: 'mail.example.com',
        port: 587,
        fromEmail: 'office@example.com',
        username: 'office',
        password: 'never shown',
        ...more,
      });
    saved = (await add({})).body;
    for (const name of ['Amsterdam', 'Copenhagen', 'Dublin']) await add({ name });
    const sandbox = (await client.call<SmtpSettings>('POST', '/api/v1/sandbox/smtp-settings')).body;
    const sent = await client.call<{ ok: boolean }>('POST', `/api/v1/smtp-settings/${sandbox.id}/test`, {});
    expect(sent.body.ok).toBe(true);
    const inbox = await client.call<{ data: { id: string }[] }>('GET', '/api/v1/sandbox/messages');
    boxId = inbox.body.data[0]?.id as string;
    await client.call('POST', '/api/v1/api-keys', { name: 'Billing', scopes: ['send'], expiresInDays: 30 });
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    program?.remove();
  });

  const first = (page: Page) => page.getByRole('heading', { level: 1 }).first().waitFor();
  const pages: [name: string, at: () => string, arrange?: (page: Page) => Promise<unknown>][] = [
    ['the list', () => screen],
    ['edit', () => `${screen}/${saved.id}`, (page) => page.getByRole('button', { name: 'More', exact: true }).click()],
    ['add', () => `${screen}/new`, (page) => page.getByRole('button', { name: 'Save', exact: true }).click()],
    [
      'the delete question',
      () => `${screen}/${saved.id}`,
      async (page) => {
        await page.getByRole('button', { name: 'Delete', exact: true }).click();
        await page.getByRole('dialog').waitFor();
      },
    ],
    [
      'a failed test',
      () => `${screen}/${saved.id}`,
      async (page) => {
        await page.getByRole('textbox', { name: /^Server Host Name/ }).fill('no-such-host.invalid');
        await page.getByRole('textbox', { name: /^Password/ }).fill('typed again');
        await page.getByRole('button', { name: 'Test these settings' }).click();
        await page.getByText(/^DNS: /).waitFor({ timeout: 20_000 });
      },
    ],
    ['the sandbox inbox', () => '/sandbox'],
    ['a captured message', () => `/sandbox/${boxId}`, (page) => page.getByRole('tab', { name: 'Text' }).click()],
    ['API keys', () => '/setup/api-keys'],
    ['users', () => '/setup/users'],
    [
      'the actions of a user',
      () => '/setup/users',
      async (page) => {
        await page.getByRole('button', { name: /^Actions for/ }).click();
        await page.getByRole('menuitem', { name: /^Delete/ }).waitFor();
      },
    ],
    ['an invitation', () => '/setup/users', (page) => page.getByRole('button', { name: 'Invite a user' }).click()],
    [
      'my profile',
      () => '/me/profile',
      async (page) => {
        await page.getByRole('button', { name: 'Change address' }).click();
        await page.getByRole('button', { name: 'Change password' }).click();
      },
    ],
    ['my second factors', () => '/me/second-factors', (page) => page.getByText('Set up an app').waitFor()],
    ['my sessions', () => '/me/sessions'],
    ['a page that does not exist', () => '/nowhere'],
  ];
  const outside: typeof pages = [
    ['sign-in', () => '/sign-in'],
    ['the forgotten password', () => '/password-reset', (page) => page.getByText('Mail me a link').waitFor()],
    ['a dead reset link', () => '/password-reset#dead', (page) => page.getByRole('alert').waitFor()],
    ['a dead invitation', () => '/invitation#dead', (page) => page.getByRole('alert').waitFor()],
    ['another address', () => '/email-change#dead', (page) => page.getByText('Confirm the address').waitFor()],
    ['the description of the API', () => '/docs'],
  ];
  const isOutside = (at: string) => outside.some(([, path]) => path() === at);

  it.each([...pages, ...outside])(
    '%s has nothing serious for axe in light and dark, and nothing that the Tab key does not reach',
    async (name, at, arrange) => {
      const options = { expected: /4\d\d/, ...(!isOutside(at()) && { cookie: client.cookie }) };
      await using watched = await openPage(browser, program.url, options);
      const { page } = watched;
      await page.goto(at());
      await first(page);
      await arrange?.(page);
      await inEachLight(page, () => expect.poll(() => findAxeFaults(page), settled).toEqual([]));
      if (!/^the actions/.test(name)) expect(await findUnreached(page)).toEqual([]);
      watched.expectNothingWrong();
    },
  );

  it.each([...pages, ...outside])('%s fits a screen of 375 px', async (_name, at, arrange) => {
    const viewport = { width: 375, height: 720 };
    const options = { viewport, expected: /4\d\d/, ...(!isOutside(at()) && { cookie: client.cookie }) };
    await using watched = await openPage(browser, program.url, options);
    const { page } = watched;
    await page.goto(at());
    await first(page);
    await arrange?.(page);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(375);
    expect(await findAxeFaults(page)).toEqual([]);
    watched.expectNothingWrong();
  });

  it('shows the list, then the detail, with a way back, on a narrow screen', async () => {
    const options = { viewport: { width: 375, height: 720 }, cookie: client.cookie };
    await using watched = await openPage(browser, program.url, options);
    const { page } = watched;
    await page.goto(screen);
    await page.getByRole('option', { name: 'Berlin' }).click();
    await page.getByRole('heading', { name: 'Edit SMTP Settings' }).waitFor();
    expect(await page.getByRole('option').count()).toBe(0);
    await page.getByRole('button', { name: 'SMTP Settings' }).click();
    await page.getByRole('option', { name: 'Berlin' }).waitFor();
    watched.expectNothingWrong();
  });

  it('opens the first run by the link of the console, and leads on to the empty list', async () => {
    const fresh = await startProgram();
    try {
      await using watched = await openPage(browser, fresh.url, { expected: /401/ });
      const { page } = watched;
      await page.goto(fresh.firstRunPath ?? '/');
      await page.getByLabel('Your name').fill('Ada');
      await page.getByLabel('E-mail address').fill('ada@example.com');
      await page.getByRole('textbox', { name: 'Password' }).fill('correct battery staple');
      expect(page.url()).not.toContain(fresh.firstRunPath?.split('#')[1]);
      expect(await findAxeFaults(page)).toEqual([]);
      await page.getByRole('button', { name: 'Create and sign in' }).click();
      await page.getByText('Nothing can be sent yet').waitFor();
      expect(await findAxeFaults(page)).toEqual([]);
      await page.getByRole('link', { name: 'Set up SMTP settings' }).click();
      await page.getByText('No SMTP settings yet').first().waitFor();
      await page.getByRole('button', { name: 'Add your mail server' }).first().waitFor();
      expect(await findAxeFaults(page)).toEqual([]);
      watched.expectNothingWrong();
    } finally {
      await fresh.stop();
      fresh.remove();
    }
  });

  const people = [
    { role: 'viewer', canTest: false },
    { role: 'operator', canTest: true },
  ];
  it.each(people)('shows a $role everything in purple, and no Save', async ({ role, canTest }) => {
    const person = { email: `${role}@postern.test`, password: 'correct battery staple' };
    const file = path.join(program.dataFolder, `password-of-${role}`);
    writeFileSync(file, person.password, { mode: 0o600 });
    const argv = ['user', 'create', '--email', person.email, '--name', role, '--role', role, '--password-file'];
    const made = await runToEnd(['server/cli/postern.ts', ...argv, file], program.env);
    expect([made.code, made.stderr]).toEqual([0, '']);
    await using watched = await openPage(browser, program.url, { expected: /401/ });
    const { page } = watched;
    await signInOnPage(page, person);
    await page.goto(screen);
    await page.getByRole('option', { name: 'Berlin' }).click();
    const host = page.getByRole('textbox', { name: /^Server Host Name/ });
    expect(await host.getAttribute('readonly')).not.toBeNull();
    const [red = 0, green = 0, blue = 0] = await host.evaluate((node) =>
      (getComputedStyle(node).color.match(/[\d.]+/g) ?? []).map(Number),
    );
    expect(green, 'purple has less green than red and blue').toBeLessThan(Math.min(red, blue));
    expect(await page.getByRole('button', { name: 'Save', exact: true }).count()).toBe(0);
    const test = page.getByRole('button', { name: 'Send a test email' });
    expect(await test.getAttribute('aria-disabled')).toBe(canTest ? null : 'true');
    expect(await page.getByRole('button', { name: 'Delete', exact: true }).getAttribute('aria-disabled')).toBe('true');
    expect(await findAxeFaults(page)).toEqual([]);
    await page.goto(`${screen}/new`);
    await page.getByText('You cannot add SMTP settings').waitFor();
    expect(await host.count()).toBe(0);
    watched.expectNothingWrong();
  });

  it('climbs the ladder live: rungs turn green while the server is still asked', async () => {
    let letGo = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await using server = await startFakeSmarthost({ replies: { RCPT: { after: gate, say: '250 ok' } } });
    const input = { name: 'Slow', host: '127.0.0.1', port: server.port, security: 'none', fromEmail: 'a@example.com' };
    const slow = (await client.call<SmtpSettings>('POST', '/api/v1/smtp-settings', input)).body;
    await using watched = await openPage(browser, program.url, { cookie: client.cookie });
    const { page } = watched;
    await page.goto(`${screen}/${slow.id}`);
    await page.getByRole('button', { name: 'Send a test email' }).click();
    const statuses = () =>
      page
        .getByRole('list', { name: 'Steps of the test' })
        .locator('li')
        .evaluateAll((rungs) => rungs.map((rung) => rung.getAttribute('data-status')));
    await expect.poll(async () => (await statuses())[6], { timeout: 10_000 }).toBe('running');
    expect((await statuses()).slice(0, 6)).toEqual(['ok', 'ok', 'skipped', 'ok', 'skipped', 'ok']);
    expect(await findAxeFaults(page)).toEqual([]);
    letGo();
    await page
      .getByText(/^Sent to /)
      .first()
      .waitFor();
    watched.expectNothingWrong();
  });
});
