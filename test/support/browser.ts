/**
 * Chromium for tests of the pages. A page opened here fails its test when a script on it throws, when the console shows an
 * error that the test did not expect, or when anything asks another machine.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { AxeBuilder } from '@axe-core/playwright';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
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

/**
 * A page that nothing of another is on, wide unless asked otherwise. Its context may have been that of a page which is closed:
 * cookies and what was stored are gone, but the scripts are in its cache.
 * @param base the program's address
 */
export async function openPage(browser: Browser, base: string, options: PageOptions = {}): Promise<WatchedPage> {
  const { cookie, expected, ...more } = options;
  const { context, giveBack } = await takeContext(browser, {
    baseURL: base,
    viewport: { width: 1280, height: 860 },
    locale: 'en-GB',
    timezoneId: 'Europe/Zurich',
    reducedMotion: 'reduce',
    ...more,
  });
  if (cookie) {
    const at = cookie.indexOf('=');
    await context.addCookies([{ name: cookie.slice(0, at), value: cookie.slice(at + 1), url: base }]);
  }
  const page = await context.newPage();
  pressOnlyWhatIsReady(page);
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
    [Symbol.asyncDispose]: giveBack,
  };
}

let isPressPatient = false;

/**
 * Playwright waits before a click until the element is enabled, before a key it does not: on a button that cannot be used
 * yet the key is lost. From here on every locator's `press` waits as `click` does; `page.keyboard` presses at once.
 */
function pressOnlyWhatIsReady(page: Page): void {
  if (isPressPatient) return;
  isPressPatient = true;
  const locators: Locator = Object.getPrototypeOf(page.locator('html'));
  const { press } = locators;
  locators.press = async function (this: Locator, key, options) {
    for (let isReady = false; !isReady; ) {
      const element = await this.elementHandle();
      // Drawn anew in the meantime, it is looked for again.
      isReady = await element.waitForElementState('enabled').then(
        () => true,
        (error: Error) => {
          if (/not attached/.test(error.message)) return false;
          throw new Error(`${this} cannot be used, so that a key would be lost: ${error.message}`);
        },
      );
      await element.dispose();
    }
    return press.call(this, key, options);
  };
}

/** Of each browser, by their options: those whose page is closed. */
const freeContexts = new WeakMap<Browser, Map<string, BrowserContext[]>>();

async function takeContext(browser: Browser, options: BrowserContextOptions) {
  const key = JSON.stringify(options);
  const free = freeContexts.get(browser) ?? new Map<string, BrowserContext[]>();
  freeContexts.set(browser, free);
  const context = free.get(key)?.pop() ?? (await browser.newContext(options));
  context.setDefaultTimeout(10_000);
  const giveBack = async () => {
    // What a page leaves behind goes with the origin's storage; a session's storage goes with its page.
    const [page] = context.pages();
    if (!page) return context.close();
    const devtools = await context.newCDPSession(page);
    await devtools.send('Storage.clearDataForOrigin', {
      origin: options.baseURL as string,
      storageTypes: 'local_storage,indexeddb',
    });
    for (const one of context.pages()) await one.close();
    await context.clearCookies();
    free.set(key, [...(free.get(key) ?? []), context]);
  };
  return { context, giveBack };
}

/** Signs in on the page, as a person does. */
export async function signInOnPage(page: Page, person = administrator): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(person.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
}

/** The smaller of the two it comes in: every page reads it anew. */
const axeSource = readFileSync(
  createRequire(import.meta.resolve('@axe-core/playwright')).resolve('axe-core/axe.min.js'),
  'utf8',
);

/**
 * @returns what axe finds serious or critical on the page, one line each; empty is good. Frames whose sandbox lets no script
 * run are left out: axe would wait for them for ever.
 */
export async function findAxeFaults(page: Page): Promise<string[]> {
  // Half faded in, nothing has the contrast that it comes to.
  await page.evaluate(() => {
    const passing = document
      .getAnimations()
      .filter(
        ({ effect, playState }) => playState === 'running' && effect?.getComputedTiming().iterations !== Infinity,
      );
    return Promise.allSettled(passing.map(({ finished }) => finished));
  });
  // Its other way puts together what all frames say, in one more page. Here is only one frame, and this takes a third as long.
  const whole = { evaluate: page.evaluate.bind(page), frames: () => [page.mainFrame()] };
  const { violations } = await new AxeBuilder({ page: whole as unknown as Page, axeSource })
    .setLegacyMode()
    .exclude('iframe[sandbox=""]')
    .options({ resultTypes: ['violations'] })
    .analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, any }) => [id, help, target.join(' '), ...any.map(({ message }) => message)].join(': ')),
    );
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
    // Out of a frame of another process the focus comes a moment after the key, and may be gone on when it is looked for.
    document.addEventListener('focusin', ({ target: at }) => {
      if (!(at instanceof Element)) return;
      at.removeAttribute('data-unreached');
      if (at instanceof HTMLInputElement && at.type === 'radio')
        for (const each of document.getElementsByName(at.name)) each.removeAttribute('data-unreached');
    });
    return can.length;
  });
  // The key also stops inside frames, and at what scrolls.
  for (let presses = 0; presses < count + 40; presses += 1) {
    await page.keyboard.press('Tab');
    const left = await page.evaluate(() => document.querySelectorAll('[data-unreached]').length);
    if (left === 0) return [];
  }
  return page
    .locator('[data-unreached]')
    .evaluateAll((left) => left.map((each) => each.outerHTML.replaceAll(/\s+/g, ' ').slice(0, 200)));
}

/** For `expect.poll`. A look was once taken too early, with four lines of the editor too pale; what stays is a fault. */
export const settled = { timeout: 10_000, interval: 500 };

const colorSchemes = ['light', 'dark'] as const;

/** Looks at the page as it is in the light and then in the dark: nothing but the colours changes. */
export async function inEachLight(
  page: Page,
  look: () => Promise<void>,
  schemes: readonly (typeof colorSchemes)[number][] = colorSchemes,
): Promise<void> {
  for (const scheme of schemes) {
    await page.emulateMedia({ colorScheme: scheme });
    const other = scheme === 'dark' ? 'light' : 'dark';
    await page.locator(`html:not([data-mantine-color-scheme="${other}"])`).waitFor({ state: 'attached' });
    await look();
  }
}
