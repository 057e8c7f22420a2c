/** What the pages cost a browser: the script of the first page, and a keystroke in the filter over 10,000 settings. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Page, Request } from 'playwright-core';
import { type ApiClient, signIn } from '../test/support/api-client.ts';
import { openBrowser, openPage } from '../test/support/browser.ts';
import { administratorEnv, startProgram } from '../test/support/program.ts';
import { atMost, type Figure, findQuantile } from './figure.ts';

const screen = '/setup/extensibility/smtp-settings';
const settingsCount = 10_000;
/** As somebody looks for a server: letter by letter, and back. */
const typed = ['mail-7', 'example.org', 'berlin', 'office42@', 'oslo 99', 'no such thing'];

/** With an empty cache, until the screen stands: every script that was loaded, as it came over the wire. */
export async function measureFirstScript(): Promise<Figure[]> {
  const program = await startProgram({ env: administratorEnv });
  const browser = await openBrowser();
  try {
    const { cookie } = await signIn(program.url);
    const scriptBytes = async (path: string) => {
      await using watched = await openPage(browser, program.url, path === '/sign-in' ? {} : { cookie });
      const scripts: Request[] = [];
      watched.page.on('requestfinished', (request) => {
        if (request.resourceType() === 'script') scripts.push(request);
      });
      await watched.page.goto(path, { waitUntil: 'networkidle' });
      const sizes = await Promise.all(scripts.map((request) => request.sizes()));
      return sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0) / 1024;
    };
    return [
      atMost('script of the sign-in page, on the wire', await scriptBytes('/sign-in'), 'KB', 250),
      atMost('script of the SMTP Settings screen, on the wire', await scriptBytes(screen), 'KB', 250),
    ];
  } finally {
    await browser.close();
    await program.stop();
    program.remove();
  }
}

/** From the key going down until the page that shows its effect has been painted. */
export async function measureFilter(): Promise<Figure[]> {
  const program = await startProgram({ env: administratorEnv });
  const browser = await openBrowser();
  try {
    const client = await signIn(program.url);
    await addManySettings(client);
    await using watched = await openPage(browser, program.url, { cookie: client.cookie });
    const { page } = watched;
    const openedAt = performance.now();
    await page.goto(screen);
    await page.getByText('10,000 in all').waitFor();
    const openedAfter = performance.now() - openedAt;
    await page.getByRole('textbox', { name: 'Filter' }).focus();
    const times: number[] = [];
    for (const text of typed) {
      for (const letter of text) times.push(await pressAndTime(page, letter));
      await expectSettled(page);
      for (const _ of text) times.push(await pressAndTime(page, 'Backspace'));
    }
    return [
      atMost('the list of 10,000 settings opens', openedAfter, 'ms', null),
      atMost(`filter over 10,000: a keystroke, median of ${times.length}`, findQuantile(times, 0.5), 'ms', 50),
      atMost('filter over 10,000: a keystroke, 95 of 100', findQuantile(times, 0.95), 'ms', 50),
      atMost('filter over 10,000: a keystroke, slowest', findQuantile(times, 1), 'ms', null),
    ];
  } finally {
    await browser.close();
    await program.stop();
    program.remove();
  }
}

/** A list that is drawn later than the keystroke's own frame would make the figures a lie. */
async function expectSettled(page: Page): Promise<void> {
  const read = () => page.getByRole('region', { name: 'SMTP Settings' }).getByRole('status').textContent();
  const shown = await read();
  await wait(300);
  if (shown !== (await read())) throw new Error('the list still changed after the keystroke was painted');
}

async function addManySettings(client: ApiClient): Promise<void> {
  const cities = ['Berlin', 'Amsterdam', 'Zürich', 'Copenhagen', 'Dublin', 'Madrid', 'Oslo'];
  let next = 0;
  const work = async () => {
    while (next < settingsCount) {
      const number = next++;
      const city = cities[number % cities.length];
      const { status, body } = await client.call('POST', '/api/v1/smtp-settings', {
        name: `${city} ${number}`,
        host: `mail-${number}.example.${number % 3 === 0 ? 'org' : 'com'}`,
        port: 587,
        fromEmail: `office${number}@example.com`,
      });
      if (status !== 201) throw new Error(JSON.stringify(body));
    }
  };
  await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(work));
}

async function pressAndTime(page: Page, key: string): Promise<number> {
  await page.evaluate(() => {
    const state = window as unknown as { keystroke: Promise<number> };
    state.keystroke = new Promise((resolve) => {
      window.addEventListener(
        'keydown',
        (event) => {
          const startedAt = event.timeStamp;
          // The frame after the effect is drawn; a message channel comes right after the paint.
          requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => resolve(performance.now() - startedAt);
            channel.port2.postMessage(null);
          });
        },
        { once: true, capture: true },
      );
    });
  });
  await page.keyboard.press(key);
  return page.evaluate(() => (window as unknown as { keystroke: Promise<number> }).keystroke);
}
