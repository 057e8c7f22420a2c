/**
 * Chromium for tests of the pages. A page opened here fails its test when a script on it throws, when the console shows an
 * error that the test did not expect, or when anything asks another machine.
 */
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findChromium, isCi, isRoot } from './installed.ts';
import { administrator } from './program.ts';

/** Whether the browser tests can run here. In CI they must. */
export const hasChromium = findChromium() !== null || isCi;

export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('Chromium is not installed: run `npm test`, which brings it on Debian');
  const args = ['--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--no-first-run'];
  // Its own sandbox needs a user other than root; the pages are ours.
  return chromium.launch({ executablePath, args: isRoot ? [...args, '--no-sandbox'] : args });
}

export interface WatchedPage extends AsyncDisposable {
  page: Page;
  /** Throws when something went wrong on the page so far. */
  expectNothingWrong: () => void;
}

interface PageOptions extends BrowserContextOptions {
  /** A session to begin with, `name=value`. */
  cookie?: string;
  /** Console errors that belong to the test, such as the 401 of a wrong password. */
  expected?: RegExp;
}

/** A page in a context of its own, wide unless asked otherwise. @param base the program's address */
export async function openPage(browser: Browser, base: string, options: PageOptions = {}): Promise<WatchedPage> {
  const { cookie, expected, ...more } = options;
  const context = await browser.newContext({
    baseURL: base,
    viewport: { width: 1280, height: 860 },
    locale: 'en-GB',
    timezoneId: 'Europe/Zurich',
    reducedMotion: 'reduce',
    ...more,
  });
  context.setDefaultTimeout(10_000);
  if (cookie) {
    const at = cookie.indexOf('=');
    await context.addCookies([{ name: cookie.slice(0, at), value: cookie.slice(at + 1), url: base }]);
  }
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(`a script threw: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected?.test(message.text())) wrong.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !/^(data|blob|about):/.test(url)) wrong.push(`asked another machine: ${url}`);
  });
  return {
    page,
    expectNothingWrong: () => {
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** Signs in on the page, as a person does. */
export async function signInOnPage(page: Page, person = administrator): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(person.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
}

/**
 * @returns what axe finds serious or critical on the page, one line each; empty is good. Frames whose sandbox lets no script
 * run are left out: axe would wait for them for ever.
 */
export async function findAxeFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).exclude('iframe[sandbox=""]').analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.target.join(' ')}`));
}

/**
 * Walks through the page with the Tab key, from its top until nothing new comes. @returns what can be clicked or typed into
 * and was not reached, one line each; empty is good. A trap shows as everything behind it. Of radio buttons of one name the
 * key reaches one, of tabs the chosen one; arrows reach the others.
 */
export async function findUnreached(page: Page): Promise<string[]> {
  const count = await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    const within = document.querySelector('dialog[open], [role=dialog]') ?? document;
    const all = [
      ...within.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary, [tabindex]'),
    ];
    const can = all.filter(
      (each) =>
        each.tabIndex >= 0 &&
        !each.matches(':disabled, [type=hidden]') &&
        each.checkVisibility() &&
        !each.closest('[inert]'),
    );
    for (const each of can) each.setAttribute('data-unreached', '');
    return can.length;
  });
  // The key also stops inside frames, and at what scrolls.
  for (let presses = 0; presses < count + 40; presses += 1) {
    await page.keyboard.press('Tab');
    const left = await page.evaluate(() => {
      const at = document.activeElement;
      at?.removeAttribute('data-unreached');
      if (at instanceof HTMLInputElement && at.type === 'radio')
        for (const each of document.getElementsByName(at.name)) each.removeAttribute('data-unreached');
      return document.querySelectorAll('[data-unreached]').length;
    });
    if (left === 0) return [];
  }
  return page
    .locator('[data-unreached]')
    .evaluateAll((left) => left.map((each) => each.outerHTML.replaceAll(/\s+/g, ' ').slice(0, 200)));
}
