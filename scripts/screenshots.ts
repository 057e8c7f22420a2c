/**
 * `npm run screenshots` takes the pictures of the README from the running program with made-up data into
 * docs/screenshots/; `npm run screenshots -- FOLDER` takes every state of the screens, to be looked at.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { SmtpSettings } from '../contracts/smtp-settings.ts';
import { startFakeSmarthost } from '../test/fake-smarthost.ts';
import { type ApiClient, signIn } from '../test/support/api-client.ts';
import { openBrowser, openPage } from '../test/support/browser.ts';
import { startProgram } from '../test/support/program.ts';
import { tlsLab } from '../test/tls-lab.ts';
import { addExampleOffice } from './example-office.ts';

const isEverything = process.argv[2] !== undefined;
const folder = process.argv[2] ?? 'docs/screenshots';
mkdirSync(folder, { recursive: true });

/** What the documents show; wide enough for form and test side by side, and no larger than a page loads quickly. */
const shownInDocuments = new Set([
  ...['smtp-settings', 'failed-test', 'dashboard', 'message'],
  ...['template', 'users', 'account', 'invoice', 'billing-run'],
]);
const documentView = { viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1 };

const screen = '/setup/extensibility/smtp-settings';
const person = { email: 'ada@example.com', password: 'correct battery staple' };
const env = { POSTERN_ADMIN_EMAIL: person.email, POSTERN_ADMIN_PASSWORD: person.password };

const login = { username: 'postern', password: 'right' };
const leaf = tlsLab().leaf('self-signed');
const server = await startFakeSmarthost({
  tls: { mode: 'starttls', ...leaf },
  login,
  replies: {
    RCPT: (line) =>
      line.includes('gone@') ? '550 5.1.1 <gone@example.org>: User unknown in virtual mailbox table' : '250 2.1.5 Ok',
  },
});
let letGo = () => {};
const gate = new Promise<void>((resolve) => {
  letGo = resolve;
});
const slow = await startFakeSmarthost({ replies: { RCPT: { after: gate, say: '250 2.1.5 Ok' } } });
const program = await startProgram({ env });
const browser = await openBrowser();
try {
  await takeAll(browser, await signIn(program.url, person));
} finally {
  letGo();
  await browser.close();
  await program.stop();
  program.remove();
  await server.close();
  await slow.close();
}

async function takeAll(open: Browser, client: ApiClient & { cookie: string }): Promise<void> {
  await take(open, client, 'first-use', screen);
  const ids = await addExamples(client);
  const at = (name: string) => `${screen}/${ids.get(name)}`;
  const test = (one: Page) => one.getByRole('button', { name: 'Send a test email' }).click();
  const section = (one: Page) => one.getByRole('region', { name: 'Test' });

  await take(open, client, 'smtp-settings', at('Office'), async (one) => {
    await test(one);
    await section(one)
      .getByText(/^Sent to /)
      .waitFor();
  });
  await take(open, client, 'list', screen);
  await take(open, client, 'add', `${screen}/new`, (one) =>
    one.getByRole('button', { name: 'Save', exact: true }).click(),
  );
  await take(open, client, 'delete-question', at('Office'), async (one) => {
    await one.getByRole('button', { name: 'Delete', exact: true }).click();
    await one.getByText('Nothing uses them.').waitFor();
  });
  await take(open, client, 'live-test', at('Warehouse'), async (one) => {
    await test(one);
    await one.locator('li[data-status=running]').filter({ hasText: 'RCPT' }).waitFor();
  });
  const failing = async (one: Page) => {
    await test(one);
    await section(one)
      .getByText(/^TLS: /)
      .waitFor({ timeout: 20_000 });
  };
  await take(open, client, 'failed-test', at('Invoices'), failing);
  await take(open, client, 'failed-test-dark', at('Invoices'), failing, { colorScheme: 'dark' });
  await take(open, client, 'dark', at('Office'), undefined, { colorScheme: 'dark' });
  const sandbox = async (one: Page) => {
    await one
      .getByRole('link', { name: /Postern test/ })
      .first()
      .click();
    await one.getByRole('heading', { name: /Postern test/ }).waitFor();
  };
  await take(open, client, 'sandbox', '/sandbox', sandbox);
  const refused = await addMail(client, ids);
  const alert = (one: Page) => one.getByRole('region', { name: 'Alerts' }).getByText('Invoices').waitFor();
  await take(open, client, 'dashboard', '/', alert);
  await take(open, client, 'message', `/messages/${refused}`, alert);
  await take(open, client, 'message-dark', `/messages/${refused}`, alert, { colorScheme: 'dark' });
  await takeOffice(open, client);
  await take(open, client, 'retention', '/setup/retention');
  await take(open, client, 'api-keys', '/setup/api-keys');
  await take(open, client, 'sessions', '/me/sessions');
  const narrow = { viewport: { width: 375, height: 760 } };
  await take(open, client, 'narrow-list', screen, undefined, narrow);
  await take(open, client, 'narrow-edit', at('Office'), undefined, narrow);
  await take(open, client, 'narrow-failed-test', at('Invoices'), failing, narrow);
  await take(open, client, 'narrow-sandbox', '/sandbox', undefined, narrow);
  await take(open, client, 'narrow-dashboard', '/', undefined, narrow);
  await take(open, client, 'narrow-message', `/messages/${refused}`, undefined, narrow);
  if (!isEverything) return;
  const { page: outside } = await openPage(open, program.url);
  await outside.goto('/sign-in');
  await outside.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  await shoot(outside, 'sign-in');
}

/** Templates, people, accounts, invoices. */
async function takeOffice(open: Browser, client: ApiClient & { cookie: string }): Promise<void> {
  const office = await addExampleOffice(client, program.url, client.cookie);
  const heading = (name: string | RegExp) => (one: Page) => one.getByRole('heading', { name }).first().waitFor();
  const preview = (one: Page) => one.frameLocator('iframe').first().getByText('Ada Lovelace').first().waitFor();
  const templates = '/setup/extensibility/email-templates';
  const pages: [name: string, at: string, arrange: (one: Page) => Promise<unknown>][] = [
    ['templates', templates, heading('Email Templates')],
    ['template', `${templates}/${office.template}`, preview],
    ['branding', '/setup/extensibility/branding', heading('Branding')],
    ['users', '/setup/users', (one) => one.getByText('grace@example.com').first().waitFor()],
    ['accounts', '/accounts', heading('Accounts')],
    ['account', `/accounts/${office.account}`, heading('Müller & Söhne GmbH')],
    ['new-invoice', `/accounts/${office.account}/new-invoice`, heading(/New invoice|Invoice/)],
    ['invoices', '/invoices', heading('Invoices')],
    ['invoice', `/invoices/${office.invoice}`, heading(/INV-2026-311/)],
    ['billing-runs', '/billing-runs', heading('Billing runs')],
    [
      'billing-run',
      `/billing-runs/${office.billingRun}`,
      (one) =>
        one
          .getByText(/are faulty|is faulty/)
          .first()
          .waitFor(),
    ],
    ['profile', '/me/profile', heading(/./)],
  ];
  for (const [name, at, arrange] of pages) {
    // Words and preview of a template side by side need more room.
    const wide = name === 'template' ? { viewport: { width: 1600, height: 900 } } : {};
    await take(open, client, name, at, arrange, wide);
    await take(open, client, `${name}-dark`, at, arrange, { colorScheme: 'dark' });
    await take(open, client, `narrow-${name}`, at, arrange, { viewport: { width: 375, height: 760 } });
  }
}

/** @returns the id of the message that one of three recipients does not get */
async function addMail(client: ApiClient, ids: ReadonlyMap<string, string>): Promise<string> {
  const submit = async (settings: string, subject: string, to: string[], more: object = {}) => {
    const body = { to, subject, text: 'Hello', smtp_settings: ids.get(settings), ...more };
    const { body: answer } = await client.call<{ id: string }>('POST', '/api/v1/emails', body);
    return answer.id;
  };
  const names = ['ann', 'ben', 'cleo', 'dora', 'emil', 'fay', 'gus'];
  for (const name of names) await submit('Office', 'Your order is on its way', [`${name}@example.org`]);
  for (const name of names.slice(0, 3)) await submit('Invoices', `Invoice for ${name}`, [`${name}@example.org`]);
  await submit('Office', 'Newsletter of June', ['all@example.org'], {
    lane: 'bulk',
    scheduled_at: new Date(Date.now() + 20 * 3_600_000).toISOString(),
  });
  const to = ['ann@example.org', 'gone@example.org', 'ben@example.org'];
  const id = await submit('Office', 'Minutes of the meeting', to, { tags: [{ name: 'kind', value: 'minutes' }] });
  await submit('Warehouse', 'Delivery note 77', ['store@example.org'], { lane: 'urgent' });
  return id;
}

async function addExamples(client: ApiClient): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  const add = async (name: string, more: object) => {
    const input = { name, host: 'localhost', port: server.port, fromEmail: 'office@example.com', ...more };
    const { body, status } = await client.call<SmtpSettings>('POST', '/api/v1/smtp-settings', input);
    if (status !== 201) throw new Error(JSON.stringify(body));
    ids.set(name, body.id);
  };
  const pinned = { certificateCheck: 'fingerprint', certificateFingerprint: leaf.fingerprint };
  await add('Office', { ...login, ...pinned, starttlsOnly: true, fromName: 'Example Ltd' });
  await add('Invoices', {
    ...login,
    starttlsOnly: true,
    fromName: 'Example Billing',
    fromEmail: 'billing@example.com',
  });
  await add('Warehouse', { host: '127.0.0.1', port: slow.port, security: 'none', fromEmail: 'store@example.com' });
  await add('Alerts', {
    host: 'smtp.example.net',
    port: 465,
    fromEmail: 'alerts@example.com',
    username: 'alerts',
    password: 'x',
  });
  await add('Newsletter', { host: 'mail.example.org', port: 587, fromEmail: 'news@example.com' });
  const sandbox = (await client.call<SmtpSettings>('POST', '/api/v1/sandbox/smtp-settings')).body;
  for (let count = 0; count < 3; count += 1) await client.call('POST', `/api/v1/smtp-settings/${sandbox.id}/test`, {});
  return ids;
}

async function take(
  open: Browser,
  { cookie }: { cookie: string },
  name: string,
  at: string,
  arrange?: (page: Page) => Promise<unknown>,
  options: Parameters<typeof openPage>[2] = {},
): Promise<void> {
  if (!isEverything && !shownInDocuments.has(name)) return;
  const { page } = await openPage(open, program.url, {
    cookie,
    ...(isEverything ? { deviceScaleFactor: 2 } : documentView),
    ...options,
  });
  await page.goto(at, { waitUntil: 'networkidle' });
  await arrange?.(page);
  await shoot(page, name);
}

async function shoot(page: Page, name: string): Promise<void> {
  const file = path.join(folder, `${name}.png`);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: file, animations: 'disabled' });
  await page.context().close();
  console.log(file);
}
