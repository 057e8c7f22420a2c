/** Email Templates and Branding in Chromium: write, preview, save, compare, restore, send a test; by keyboard, for viewers. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Branding } from '../contracts/branding.ts';
import type { Template, TemplateSummary } from '../contracts/template.ts';
import type { TemplatePreview } from '../contracts/template-preview.ts';
import { onePoint } from '../server/template/test-data.ts';
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

const screen = '/setup/extensibility/email-templates';
const branding = '/setup/extensibility/branding';
const wide = { viewport: { width: 1600, height: 1000 } };

describe.runIf(hasChromium)('Email Templates', () => {
  let browser: Browser;
  let program: Program;
  let client: ApiClient & { cookie: string };
  let ids: Map<string, string>;

  beforeAll(async () => {
    browser = await openBrowser();
    program = await startProgram({ env: { ...administratorEnv, POSTERN_SANDBOX_PORT: '0' } });
    client = await signIn(program.url);
    await client.call('POST', '/api/v1/sandbox/smtp-settings', {});
    const { body } = await client.call<{ data: TemplateSummary[] }>('GET', '/api/v1/templates');
    ids = new Map(body.data.map(({ key, id }) => [key, id]));
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    program?.remove();
  });

  const at = (key: string) => `${screen}/${ids.get(key)}`;
  const open = async (options = {}) => {
    const watched = await openPage(browser, program.url, { cookie: client.cookie, ...wide, ...options });
    // On a busy machine a preview may be refused for ten seconds, and is then asked for again.
    watched.page.setDefaultTimeout(25_000);
    return watched;
  };
  const read = async (key: string) => (await client.call<Template>('GET', `/api/v1/templates/${ids.get(key)}`)).body;
  const body = (page: Page) => page.getByRole('textbox', { name: /^Body in / });
  const shown = (page: Page) => page.frameLocator('iframe:not([aria-hidden])');

  it('adds a template: words with completion, its preview while it is typed, a language, a test that reaches the log', async () => {
    // Typing over a selection, Chromium itself tries to keep its look by an inline style, which the policy refuses.
    await using watched = await open({ expected: /^Applying inline style/ });
    const { page } = watched;
    await page.goto(screen);
    await page.getByRole('button', { name: 'Add an email template' }).click();
    await page.getByLabel(/^Name/).first().fill('Order shipped');
    expect(await page.getByLabel(/^Key/).inputValue()).toBe('order-shipped');
    await page.getByLabel(/^Subject/).fill('Hello {{ name }}');
    await body(page).click();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('<mj-section><mj-column><mj-text>Dear {{ na');
    const offers = page.locator('.cm-tooltip-autocomplete:not(.cm-tooltip-autocomplete-disabled)');
    await offers.getByRole('option', { name: /^name/, selected: true }).waitFor();
    // CodeMirror takes no key for its list in the first 75 ms that it is there: nobody can have meant it. On its clock they pass.
    await page.evaluate(() => {
      const { now } = Date;
      Date.now = () => now() + 100;
    });
    await page.keyboard.press('Enter');
    await page.keyboard.type(' ');
    await body(page).press('Control+End');
    await page.keyboard.type('</mj-text><mj-button href="{{ link }}">Look</mj-button></mj-column></mj-section>');
    await shown(page).getByText('Dear Ada Lovelace').waitFor();
    await page.getByText(/^Name and address|The template sets neither/).waitFor();
    await page.getByRole('button', { name: 'Add a language' }).click();
    await page.getByRole('button', { name: 'French (fr)' }).click();
    await page.getByLabel(/^Subject/).fill('Bonjour {{ name }}');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('“Order shipped” was added.').waitFor();
    const { body: listed } = await client.call<{ data: TemplateSummary[] }>('GET', '/api/v1/templates?filter=shipped');
    expect(listed.data).toMatchObject([{ key: 'order-shipped', languages: ['en', 'fr'], version: 1 }]);
    await page.getByRole('button', { name: 'Send test to me' }).click();
    await page.getByRole('link', { name: 'Follow it in the log' }).click();
    await page.getByRole('heading', { name: 'Bonjour Ada Lovelace' }).waitFor();
    watched.expectNothingWrong();
  });

  it('marks what is wrong where it is, says it, and saves nothing', async () => {
    await using watched = await open({ expected: /422/ });
    const { page } = watched;
    await page.goto(at('password-changed'));
    await body(page).click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('{{ nothing }}');
    await page.getByText(/nothing is used but not declared/).waitFor();
    await page.locator('.cm-lintRange-error').getByText('nothing', { exact: true }).waitFor();
    await page.keyboard.press('Control+s');
    await page.getByText('One field needs a change:').waitFor();
    expect((await read('password-changed')).version).toBe(1);
    await page.getByRole('button', { name: 'Discard changes' }).click();
    await page.getByText(/Checked: syntax/).waitFor();
    watched.expectNothingWrong();
  });

  it('leaves the editor by Escape and Tab, and indents by Tab alone', async () => {
    await using watched = await open();
    const { page } = watched;
    await page.goto(at('test-message'));
    await body(page).click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('Tab');
    await page.getByText(/Unsaved changes$/).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    expect(await body(page).evaluate((editor) => editor.contains(document.activeElement))).toBe(false);
    watched.expectNothingWrong();
  });

  it('shows the message dark, on a telephone, as text, and without pictures', async () => {
    await client.call('POST', '/api/v1/branding/logo', { content: onePoint.toString('base64') });
    await using watched = await open({ colorScheme: null, expected: /img-src 'none'/ });
    const { page } = watched;
    await page.goto(at('invoice'));
    const ground = () =>
      shown(page)
        .locator('body')
        .evaluate((one) => getComputedStyle(one).backgroundColor);
    await shown(page).getByText('Amount due').waitFor();
    const light = await ground();
    const isLoaded = () =>
      shown(page)
        .locator('img')
        .first()
        .evaluate((img) => (img as HTMLImageElement).naturalWidth > 0);
    expect(await isLoaded()).toBe(true);
    await page.getByRole('switch', { name: 'Dark' }).press('Space');
    await expect.poll(ground).not.toBe(light);
    await page.getByText('Phone', { exact: true }).click();
    await expect
      .poll(() =>
        shown(page)
          .locator('html')
          .evaluate(() => innerWidth),
      )
      .toBe(375);
    await page.getByRole('switch', { name: 'Images off' }).press('Space');
    await expect.poll(isLoaded).toBe(false);
    await page.locator('label').getByText('Text', { exact: true }).click();
    await page.locator('pre').getByText('R-2026-0042').first().waitFor();
    await client.call('DELETE', '/api/v1/branding/logo');
    watched.expectNothingWrong();
  });

  it('fills the preview by samples, in fields and as JSON, and is found again by its address', async () => {
    await using watched = await open();
    const { page } = watched;
    await page.goto(`${at('invoice')}?tab=variables&language=de`);
    await page.getByRole('listitem', { name: 'account_name' }).getByLabel('Sample').fill('Zuse KG');
    await shown(page).getByText('Zuse KG').first().waitFor();
    await page.getByText('Samples as JSON', { exact: true }).click();
    const json = page.getByRole('textbox', { name: 'Samples as JSON' });
    await json.fill((await json.inputValue()).replace('Zuse KG', 'Lorenz AG'));
    await shown(page).getByText('Lorenz AG').first().waitFor();
    await json.fill('{ "unknown": 1 }');
    await page.getByText(/unknown is not declared/).waitFor();
    watched.expectNothingWrong();
  });

  it('asks before what was typed is lost, and not for another side of the same template', async () => {
    await using watched = await open();
    const { page } = watched;
    await page.goto(at('invoice'));
    await page.getByLabel(/^Subject/).fill('Bill {{ number }}');
    await page.getByRole('tab', { name: 'Settings' }).click();
    await page.getByRole('link', { name: /^Password reset/ }).click();
    await page.getByRole('dialog', { name: 'Unsaved changes' }).waitFor();
    await page.getByRole('button', { name: 'Keep editing' }).click();
    await page.getByRole('tab', { name: 'Message' }).click();
    expect(await page.getByLabel(/^Subject/).inputValue()).toBe('Bill {{ number }}');
    watched.expectNothingWrong();
  });

  it('shows what somebody else saved in between, and keeps both where they differ', async () => {
    await using watched = await open({ expected: /412/ });
    const { page } = watched;
    await page.goto(at('payment-reminder'));
    await page.getByLabel(/^Subject/).fill('Still open: {{ number }}');
    await client.call('PATCH', `/api/v1/templates/${ids.get('payment-reminder')}`, { from_name: 'Billing' });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Somebody else saved this template' });
    await dialog.getByText('nothing of theirs would be lost').waitFor();
    await dialog.getByText('Billing').waitFor();
    await dialog.getByRole('button', { name: 'Keep mine' }).click();
    await page.getByText(/^● ?Saved$/).waitFor();
    const { subject, from_name, version } = await read('payment-reminder');
    expect({ subject, from_name, version }).toEqual({
      subject: 'Still open: {{ number }}',
      from_name: 'Billing',
      version: 3,
    });
    watched.expectNothingWrong();
  });

  it('compares versions, restores one, resets a built-in one after a question, and duplicates and deletes', async () => {
    const id = ids.get('user-invitation');
    await client.call('PATCH', `/api/v1/templates/${id}`, { subject: 'Come in' });
    await using watched = await open();
    const { page } = watched;
    await page.goto(`${at('user-invitation')}?tab=versions`);
    await page.getByRole('button', { name: 'Changes of version 2' }).click();
    await page.getByRole('region', { name: 'Subject in English (en)' }).getByText('Come in').waitFor();
    await page.getByRole('button', { name: 'Restore version 1' }).click();
    await page.getByRole('button', { name: 'Yes' }).click();
    await page.getByText('Restored from 1').waitFor();
    expect((await read('user-invitation')).subject).toBe('{{ invited_by }} invites you');
    await client.call('PATCH', `/api/v1/templates/${id}`, { subject: 'Come in again' });
    await page.reload();
    await page.getByRole('button', { name: 'Reset to what Postern brought' }).click();
    await page.getByRole('dialog', { name: 'Reset “User invitation”?' }).getByRole('button', { name: 'Yes' }).click();
    await expect.poll(async () => (await read('user-invitation')).is_changed).toBe(false);
    await page.getByRole('button', { name: 'Duplicate' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Duplicate' }).click();
    await page.getByRole('heading', { name: 'User invitation (copy)' }).waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    const question = page.getByRole('dialog', { name: 'Delete “User invitation (copy)”?' });
    await question.getByText('No message of the last 30 days was made of it.').waitFor();
    await question.getByRole('button', { name: 'Yes' }).click();
    await page.getByText('“User invitation (copy)” was deleted.').waitFor();
    const { body: left } = await client.call<{ data: TemplateSummary[] }>('GET', '/api/v1/templates?filter=invitation');
    expect(left.data).toHaveLength(1);
    watched.expectNothingWrong();
  });

  it('sets Branding with a message beside it: colour and name before they are saved, a logo, and no SVG', async () => {
    await using watched = await open();
    const { page } = watched;
    await page.goto(branding);
    await page.getByLabel('Company', { exact: true }).fill('Müller & Co');
    await shown(page).getByText('Müller & Co').first().waitFor();
    await page.getByLabel('Colour', { exact: true }).fill('#fde047');
    await page.getByLabel('Text on buttons', { exact: true }).fill('#ffffff');
    await page.getByText(/Hard to read: contrast 1\.3 : 1/).waitFor();
    await page.getByLabel('Text on buttons', { exact: true }).fill('');
    await page.getByText(/Readable: /).waitFor();
    const file = page.locator('input[type=file]');
    await file.setInputFiles({ name: 'a.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg/>') });
    await page.getByText(/^Choose a PNG or JPEG/).waitFor();
    await file.setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: onePoint });
    await shown(page).locator('img[alt="Müller & Co"]').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/^● ?Saved$/).waitFor();
    const saved = (await client.call<Branding>('GET', '/api/v1/branding')).body;
    expect(saved).toMatchObject({ company_name: 'Müller & Co', color: '#fde047', logo: { width: 1 } });
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('button', { name: 'Yes' }).click();
    await page.getByText(/^No logo/).waitFor();
    watched.expectNothingWrong();
  });

  it('lets viewers look at everything and change nothing', async () => {
    const person = { email: 'viewer@postern.test', password: 'correct battery staple' };
    const file = path.join(program.dataFolder, 'viewer-password');
    writeFileSync(file, person.password, { mode: 0o600 });
    const argv = [
      'user',
      'create',
      '--email',
      person.email,
      '--name',
      'V',
      '--role',
      'viewer',
      '--password-file',
      file,
    ];
    const run = await runToEnd(['server/cli/postern.ts', ...argv], program.env);
    expect([run.code, run.stderr]).toEqual([0, '']);
    await using watched = await openPage(browser, program.url, { ...wide, expected: /401/ });
    const { page } = watched;
    await signInOnPage(page, person);
    await page.goto(at('invoice'));
    await shown(page).getByText('Amount due').waitFor();
    await page.getByText(/^Only administrators can change templates/).waitFor();
    await body(page).press('x');
    expect(await page.getByRole('button', { name: 'Save', exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'Add an email template' }).hover();
    await page
      .getByRole('tooltip')
      .getByText(/Only administrators/)
      .waitFor();
    await page.goto(branding);
    await page.getByText(/^Only administrators can change Branding/).waitFor();
    expect(await page.getByRole('button', { name: 'Save', exact: true }).count()).toBe(0);
    watched.expectNothingWrong();
  });

  const sides: [string, () => string, ((page: Page) => Promise<unknown>)?][] = [
    ['the list', () => screen],
    ['the message', () => at('invoice'), (page) => body(page).waitFor()],
    [
      'the variables',
      () => `${at('invoice')}?tab=variables`,
      (page) => page.getByLabel('Sample', { exact: true }).first().waitFor(),
    ],
    ['the settings', () => `${at('invoice')}?tab=settings`, (page) => page.getByLabel('Priority').waitFor()],
    ['the versions', () => `${at('user-invitation')}?tab=versions`, (page) => page.getByText('Created').waitFor()],
    ['add', () => `${screen}/new`, (page) => page.getByRole('button', { name: 'Save', exact: true }).click()],
    ['Branding', () => branding, (page) => page.getByLabel('Company', { exact: true }).waitFor()],
  ];
  const looks = [
    { name: 'light and dark' },
    { name: '375 px', viewport: { width: 375, height: 720 }, colorSchemes: ['light'] as const },
  ];
  describe.each(looks)('in $name', ({ name: _, colorSchemes, ...look }) => {
    it.each(sides)('%s fits and has nothing serious for axe', async (side, where, arrange) => {
      await using watched = await open(look);
      const { page } = watched;
      await page.goto(where());
      await arrange?.(page);
      if (where() !== screen)
        await page
          .getByRole('heading', { name: 'Preview' })
          .or(page.getByLabel(/^Versions/))
          .first()
          .waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      await inEachLight(page, () => expect.poll(() => findAxeFaults(page), settled).toEqual([]), colorSchemes);
      // In the editor the Tab key indents, until Escape.
      if (colorSchemes === undefined && side !== 'the message' && side !== 'add')
        expect(await findUnreached(page)).toEqual([]);
      watched.expectNothingWrong();
    });
  });

  const mails = [
    { language: 'en', colorScheme: 'light' as const, viewport: { width: 375, height: 700 } },
    { language: 'de', colorScheme: 'dark' as const, viewport: { width: 800, height: 700 } },
  ];
  it.each(mails)('the six built-in mails read well in $language: $colorScheme, at $viewport.width px', async (one) => {
    const { language, ...look } = one;
    await using watched = await open(look);
    const { page } = watched;
    for (const id of ids.values()) {
      const at = `/api/v1/templates/${id}/preview`;
      const { html } = (await client.call<TemplatePreview>('POST', at, { variables: {}, language })).body;
      await page.setContent(html ?? '');
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      expect(await findAxeFaults(page)).toEqual([]);
    }
  });

  it('fetches the editor only where it is shown', async () => {
    await using watched = await open();
    const { page } = watched;
    const scripts: string[] = [];
    page.on('request', (request) => request.url().endsWith('.js') && scripts.push(request.url()));
    await page.goto('/setup/extensibility/smtp-settings', { waitUntil: 'networkidle' });
    await page.goto(screen, { waitUntil: 'networkidle' });
    expect(scripts.filter((url) => url.includes('source-editor'))).toEqual([]);
    watched.expectNothingWrong();
  });
});
