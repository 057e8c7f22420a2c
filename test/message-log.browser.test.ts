/**
 * The message log and the home page in Chromium, over the real routes, store and pages, with mail in every state put into
 * the database as the delivery leaves it.
 */
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readMe } from '../contracts/access.ts';
import { endpoints } from '../contracts/api.ts';
import { readSending } from '../contracts/sending.ts';
import { readSystem } from '../contracts/system.ts';
import type { Database } from '../server/database/open.ts';
import { openFoundMessages } from '../server/message-log/found-messages.store.ts';
import { openMessageActions } from '../server/message-log/message-actions.store.ts';
import { addMessageLogRoutes } from '../server/message-log/message-log.routes.ts';
import { openMessageLogStore } from '../server/message-log/message-log.store.ts';
import { openChangeReader, openMessageWatch } from '../server/message-log/message-watch.worker.ts';
import { openOverviewStore } from '../server/message-log/overview.store.ts';
import { addAttempt, addSettings, testMessage } from '../server/message-log/test-data.ts';
import { systemClock as clock } from '../server/platform/clock.ts';
import { openRouter } from '../server/platform/http.ts';
import { openHttpApp } from '../server/platform/http-app.ts';
import { addWebPages } from '../server/platform/web-pages.ts';
import { readCaptured, readCapturedAttachment } from '../server/sandbox/parse-captured.worker.ts';
import { openAcceptStore } from '../server/submission/accept.store.ts';
import { findAxeFaults, hasChromium, openBrowser, openPage } from './support/browser.ts';
import { databases } from './support/databases.ts';
import { findFreePort } from './support/free-port.ts';

const me = { id: 'user_1', name: 'Ada', email: 'ada@example.com', role: 'operator' } as const;
const pagesFolder = fileURLToPath(new URL('../web/dist/', import.meta.url));

describe.runIf(hasChromium)('the message log', () => {
  let browser: Browser;
  let database: Database;
  let app: FastifyInstance;
  let url: string;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    database = await databases[0]!.open();
    const port = await findFreePort();
    url = `http://127.0.0.1:${port}`;
    app = openHttpApp({ logger: pino({ level: 'silent' }), publicUrl: url, listenHost: '127.0.0.1' });
    const caller = { kind: 'person', sessionId: 'ses_1', ...me } as const;
    const router = openRouter(app, { authenticate: async () => caller, authorise: () => {} });
    router.route(readMe, async () => ({ ...me, language: null, mustSetUpSecondFactor: false }));
    router.route(readSystem, async () => ({ version: '1', database: 'sqlite' as const, sendingClosed: null }));
    router.route(readSending, async () => ({
      is_paused: false,
      paused_by: null,
      paused_at: null,
      paused_settings: [],
      problem: null,
      alerts: [],
    }));
    addMessageLogRoutes(router, {
      store: openMessageLogStore(database),
      found: openFoundMessages(database, clock.monotonic),
      actions: openMessageActions(database, clock),
      watch: openMessageWatch(openChangeReader(database), () => {}),
      overview: openOverviewStore(database, clock),
      accept: openAcceptStore(database, { clock }).accept,
      readMail: readCaptured,
      readAttachment: readCapturedAttachment,
      clock,
    });
    await addWebPages(app, pagesFolder, endpoints);
    await app.listen({ host: '127.0.0.1', port });
  });
  afterEach(async () => {
    await app.close();
    await database.close();
  });

  const add = async (change: Parameters<typeof testMessage>[0] = {}) => {
    const message = testMessage({ createdAt: clock.now(), html: '<p>It works</p>', ...change });
    await openAcceptStore(database, { clock }).accept({ messages: [message], idempotency: null });
    return message.id;
  };
  /** As an attempt leaves it. */
  const end = async (id: string, state: string, reply: string, explanation: string) => {
    const { query } = database;
    const at = clock.now();
    const office = await query.selectFrom('smtp_settings').selectAll().executeTakeFirst();
    const settingsId = office?.id ?? (await addSettings(database, 'Office', { isDefault: true }));
    const transcript = [{ at: 3, from: 'server', text: '220 mail.example' }];
    await addAttempt(database, id, { settingsId, outcome: state, reply, startedAt: at, transcript });
    await query.updateTable('recipient').set({ state, reply, explanation }).where('message_id', '=', id).execute();
    await query.updateTable('message').set({ state }).where('id', '=', id).execute();
    if (state !== 'deferred' && state !== 'uncertain')
      await query.deleteFrom('queue').where('message_id', '=', id).execute();
    else
      await query
        .updateTable('queue')
        .set({ ready_at: at + 300_000 })
        .where('message_id', '=', id)
        .execute();
    await query.insertInto('event').values({ message_id: id, position: 0, type: state, at, data: '{}' }).execute();
  };
  const row = (page: Page, subject: string) => page.getByRole('link', { name: subject });
  const story = (page: Page) => page.getByRole('tabpanel', { name: 'Delivery' });
  const whole = (page: Page) => page.getByRole('article');
  const stateOf = async (id: string) =>
    (await database.query.selectFrom('message').select('state').where('id', '=', id).executeTakeFirst())?.state;

  it('teaches how the first message gets in', async () => {
    await using watched = await openPage(browser, url);
    await watched.page.goto('/messages');
    await watched.page.getByRole('heading', { name: 'No messages yet', level: 1 }).waitFor();
    await watched.page.getByText('/api/v1/emails').first().waitFor();
    watched.expectNothingWrong();
  });

  it('finds a message by a search that stands in the address, and says of each attempt what the server said', async () => {
    await end(await add({ subject: 'Statement' }), 'sent', '250 2.0.0 Ok', 'The server has taken it.');
    await end(await add({ subject: 'Minutes' }), 'bounced', '550 5.1.1 No such user', 'The mailbox does not exist.');
    await using watched = await openPage(browser, url);
    const { page } = watched;
    await page.goto('/messages');
    await row(page, 'Statement').waitFor();
    await page.getByRole('searchbox', { name: 'Search' }).fill('status:failed');
    await row(page, 'Statement').waitFor({ state: 'detached' });
    await page.waitForURL(/q=status/);
    await row(page, 'Minutes').press('Enter');
    await page.waitForURL(/messages\/msg_.*q=status/);
    await whole(page).getByText('The mailbox does not exist.').waitFor();
    await story(page).getByText('550 5.1.1 No such user').first().waitFor();
    await story(page).getByText('Transcript, 1 line, without secrets').click();
    await story(page).getByText('220 mail.example').waitFor();
    await page.reload();
    expect(await page.getByRole('searchbox', { name: 'Search' }).inputValue()).toBe('status:failed');
    expect(await row(page, 'Statement').count()).toBe(0);
    watched.expectNothingWrong();
  });

  it.each(['4711', 'true', '{}', '12345678901234567890'])(
    'takes %s in an address for words to look for',
    async (words) => {
      await add({ subject: `Offer ${words}` });
      await add({ subject: 'Statement' });
      await using watched = await openPage(browser, url);
      const { page } = watched;
      await page.goto(`/messages?q=${words}`);
      await row(page, `Offer ${words}`).waitFor();
      expect(await row(page, 'Statement').count()).toBe(0);
      expect(await page.getByRole('searchbox', { name: 'Search' }).inputValue()).toBe(words);
      await row(page, `Offer ${words}`).press('Enter');
      await page.waitForURL((at) => at.searchParams.get('q') === words);
      watched.expectNothingWrong();
    },
  );

  it('names the operator that is wrong', async () => {
    await add();
    await using watched = await openPage(browser, url, { expected: /422/ });
    await watched.page.goto('/messages?q=sender:ann');
    await watched.page.getByText('There is no operator sender:. Use from:.').waitFor();
    watched.expectNothingWrong();
  });

  it('follows a message through its states by itself', async () => {
    const id = await add({ subject: 'Watched' });
    await using watched = await openPage(browser, url);
    const { page } = watched;
    const streaming = page.waitForResponse(/emails\/events/);
    await page.goto(`/messages/${id}`);
    await streaming;
    await row(page, 'Watched').getByText('queued').waitFor();
    await end(id, 'deferred', '451 4.7.1 Greylisted', 'Greylisted.');
    await row(page, 'Watched').getByText('deferred').waitFor();
    await row(page, 'Watched').getByText('in 5 min').waitFor();
    await story(page).getByText('Next attempt').waitFor();
    await database.query
      .updateTable('queue')
      .set({ ready_at: clock.now() + 20_000 })
      .execute();
    await page.reload();
    await story(page).getByText('at any moment').waitFor();
    await end(id, 'sent', '250 2.0.0 Ok', 'The server has taken it.');
    await row(page, 'Watched').getByText('sent').waitFor();
    await story(page).getByText('250 2.0.0 Ok').first().waitFor();
    watched.expectNothingWrong();
  });

  it('cancels only after it was asked, and sends again as a new message', async () => {
    const id = await add({ subject: 'Wrong list' });
    await using watched = await openPage(browser, url);
    const { page } = watched;
    await page.goto(`/messages/${id}`);
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('dialog', { name: 'Cancel “Wrong list”?' }).getByRole('button', { name: 'No' }).click();
    expect(await stateOf(id)).toBe('queued');
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await whole(page).getByText('Cancelled by ada@example.com.').waitFor();
    await story(page).getByText('Cancelled', { exact: true }).waitFor();
    expect(await stateOf(id)).toBe('cancelled');
    await page.getByRole('button', { name: 'Send again' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await page.waitForURL((at) => !at.pathname.endsWith(id));
    await page.getByRole('link', { name: 'an earlier message' }).waitFor();
    watched.expectNothingWrong();
  });

  it('sends again to those who did not get it, after it named them', async () => {
    const names = ['ann', 'bob', 'cy'] as const;
    const recipients = names.map((name) => ({ address: `${name}@example.com`, kind: 'to' as const }));
    const id = await add({ subject: 'Price list', recipients });
    await addAttempt(database, id, { outcome: 'uncertain' });
    await end(id, 'sent', '250 2.0.0 Ok', 'The server has taken it.');
    const { query } = database;
    const bob = query.updateTable('recipient').set({ state: 'bounced', reply: '550 5.2.2 full' });
    await bob.where('message_id', '=', id).where('position', '=', 1).execute();
    await query.updateTable('message').set({ state: 'bounced' }).where('id', '=', id).execute();
    await using watched = await openPage(browser, url);
    const { page } = watched;
    await page.goto(`/messages/${id}`);
    await page.getByRole('button', { name: 'Send again to all' }).waitFor();
    await page.getByRole('button', { name: 'Send again to those who did not get it' }).click();
    const dialog = page.getByRole('dialog', { name: 'Send “Price list” again?' });
    await dialog.getByText('goes to bob@example.com.').waitFor();
    await dialog.getByText('who has it from that one gets it twice').waitFor();
    await dialog.getByRole('button', { name: 'Yes' }).click();
    await page.waitForURL((at) => !at.pathname.endsWith(id));
    await page.getByRole('link', { name: 'an earlier message' }).waitFor();
    const fresh = page.url().split('/').at(-1) ?? '';
    const rows = await query.selectFrom('recipient').select('address').where('message_id', '=', fresh).execute();
    expect(rows.map(({ address }) => address)).toEqual(['bob@example.com']);
    watched.expectNothingWrong();
  });

  it('says that a message did arrive, only after it was asked, and then sends nothing more', async () => {
    const id = await add({ subject: 'Called them' });
    await end(id, 'deferred', '451 4.7.1 Greylisted', 'Greylisted.');
    await using watched = await openPage(browser, url);
    const { page } = watched;
    await page.goto(`/messages/${id}`);
    await page.getByText('Next attempt at').waitFor();
    await page.getByRole('button', { name: 'Mark as sent' }).click();
    await page
      .getByRole('dialog', { name: 'Mark “Called them” as sent?' })
      .getByRole('button', { name: 'Yes' })
      .click();
    await whole(page).getByText('Marked as sent by ada@example.com').waitFor();
    expect(await stateOf(id)).toBe('sent');
    expect(await database.query.selectFrom('queue').selectAll().execute()).toEqual([]);
    expect(await page.getByRole('button', { name: 'Mark as sent' }).count()).toBe(0);
    watched.expectNothingWrong();
  });

  it('asks before it lets go what an unanswered dot may have delivered', async () => {
    const id = await add({ subject: 'Held' });
    const { query } = database;
    await addAttempt(database, id, { outcome: 'held' });
    await query.updateTable('attempt').set({ phase: 'dot' }).execute();
    await query.updateTable('recipient').set({ state: 'held' }).execute();
    await query.updateTable('message').set({ state: 'held' }).execute();
    await query.deleteFrom('queue').execute();
    await using watched = await openPage(browser, url);
    const { page } = watched;
    await page.goto(`/messages/${id}`);
    await page.getByRole('button', { name: 'Release' }).click();
    await page.getByRole('dialog').getByText('then it arrives twice').waitFor();
    expect(await stateOf(id)).toBe('held');
    await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
    await page.getByText('The message was released.').waitFor();
    expect(await stateOf(id)).toBe('queued');
    watched.expectNothingWrong();
  });

  it('leads from a test that failed to its settings, and does not offer to send it again', async () => {
    const tags = [{ name: 'kind', value: 'test' }];
    const id = await add({ subject: 'Postern test: Office works', tags });
    await end(id, 'bounced', '', 'mail.test refuses connections. A test is tried once.');
    await using watched = await openPage(browser, url);
    const { page } = watched;
    await page.goto(`/messages/${id}`);
    await page.getByText('The test did not get through').waitFor();
    expect(await page.getByRole('link', { name: 'Open the settings of Office' }).getAttribute('href')).toMatch(/smtp_/);
    expect(await page.getByRole('button', { name: 'Send again' }).count()).toBe(0);
    await page.goto('/');
    await page.getByText('Nothing failed.').waitFor();
    watched.expectNothingWrong();
  });

  it('gives a message another time before its first attempt, and says why not afterwards', async () => {
    const at = clock.now() + 3_600_000;
    const id = await add({ subject: 'Later', scheduledAt: at });
    const tried = await add({ subject: 'Tried' });
    await end(tried, 'deferred', '451 4.7.1 Greylisted', 'Greylisted.');
    await using watched = await openPage(browser, url);
    const { page } = watched;
    await page.goto(`/messages/${id}`);
    await page.getByText('Waits for its time').waitFor();
    await page.getByRole('button', { name: 'Change the time' }).click();
    const dialog = page.getByRole('dialog', { name: 'When shall “Later” go out?' });
    await dialog.getByLabel('Day and hour').fill('2020-01-01T08:00');
    await dialog.getByRole('button', { name: 'Change the time' }).click();
    await dialog.getByText('That is in the past.').waitFor();
    await dialog.getByRole('button', { name: 'Send now' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Its turn is next').waitFor();
    const row = await database.query
      .selectFrom('queue')
      .select('ready_at')
      .where('message_id', '=', id)
      .executeTakeFirst();
    expect(row?.ready_at).toBeLessThanOrEqual(clock.now());
    await page.goto(`/messages/${tried}`);
    const button = page.getByRole('button', { name: 'Change the time' });
    await button.focus();
    await page.getByText('Only before its first attempt: this one has begun.').waitFor();
    await page.keyboard.press('Enter');
    expect(await page.getByRole('dialog').count()).toBe(0);
    watched.expectNothingWrong();
  });

  describe('on many messages', () => {
    const pick = async (page: Page, at: string) => {
      await page.goto(at);
      await page.getByRole('button', { name: 'Pick messages' }).press('Enter');
    };
    const act = async (page: Page, action: string) => {
      await page.getByRole('button', { name: 'Do', exact: true }).press('Enter');
      await page.getByRole('menuitem', { name: action }).press('Enter');
    };

    it('acts on those that were picked, by keyboard alone, and says why it left one as it was', async () => {
      const ids = [await add({ subject: 'One' }), await add({ subject: 'Two' }), await add({ subject: 'Three' })];
      await end(ids[1] as string, 'sent', '250 2.0.0 Ok', 'The server has taken it.');
      await using watched = await openPage(browser, url, { expected: /409/ });
      const { page } = watched;
      await pick(page, '/messages');
      for (const subject of ['One', 'Two'])
        await page.getByRole('checkbox', { name: `Pick ${subject},` }).press('Space');
      await act(page, 'Cancel');
      const question = page.getByRole('dialog', { name: 'Cancel 2 messages?' });
      await question.getByText('“Two”, “One”').waitFor();
      await question.getByRole('button', { name: 'Yes' }).press('Enter');
      const result = page.getByRole('dialog', { name: 'Done' });
      await result.getByText('1 cancelled, 1 left as they were.').waitFor();
      await result.getByText('there is nothing to cancel').waitFor();
      await page.keyboard.press('Enter');
      await result.waitFor({ state: 'detached' });
      expect(await Promise.all(ids.map(stateOf))).toEqual(['cancelled', 'sent', 'queued']);
      watched.expectNothingWrong();
    });

    it('acts on all that a search finds, more than are shown, and on nothing else', async () => {
      const messages = Array.from({ length: 130 }, (_, place) =>
        testMessage({ createdAt: clock.now(), subject: place < 120 ? `Letter ${place}` : `Bill ${place}` }),
      );
      await openAcceptStore(database, { clock }).accept({ messages, idempotency: null });
      await using watched = await openPage(browser, url);
      const { page } = watched;
      await pick(page, '/messages?q=subject:Letter');
      await page.getByRole('checkbox', { name: 'Pick all that are shown' }).press('Space');
      await page.getByText('50 picked').waitFor();
      await page.getByRole('button', { name: 'Pick all 120 messages that this search finds' }).press('Enter');
      await page.getByText('All 120 messages').waitFor();
      await act(page, 'Mark as sent');
      const question = page.getByRole('dialog', { name: 'Mark as sent: 120 messages?' });
      await question.getByText('Everything that “subject:Letter” finds').waitFor();
      expect(await findAxeFaults(page)).toEqual([]);
      await question.getByRole('button', { name: 'Yes' }).press('Enter');
      await page.getByRole('dialog', { name: 'Done' }).getByText('120 marked as sent.').waitFor();
      const states = await database.query.selectFrom('message').select(['subject', 'state']).execute();
      expect(states.filter(({ state }) => state === 'sent')).toHaveLength(120);
      expect(states.every(({ subject, state }) => subject.startsWith('Letter') === (state === 'sent'))).toBe(true);
      watched.expectNothingWrong();
    });

    it('stops where it is told to, and what is done stays done', async () => {
      const messages = Array.from({ length: 230 }, (_, place) =>
        testMessage({ createdAt: clock.now(), subject: `Letter ${place}` }),
      );
      await openAcceptStore(database, { clock }).accept({ messages, idempotency: null });
      await using watched = await openPage(browser, url);
      const { page } = watched;
      let letGo = () => {};
      const gate = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      let steps = 0;
      await page.route('**/api/v1/emails/bulk', async (route) => {
        steps += 1;
        if (steps === 2) await gate;
        await route.continue();
      });
      await pick(page, '/messages');
      await page.getByRole('checkbox', { name: 'Pick all that are shown' }).press('Space');
      await page.getByRole('button', { name: 'Pick all 230 messages that there are' }).press('Enter');
      await act(page, 'Cancel');
      await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).press('Enter');
      await page.getByRole('dialog', { name: 'Cancel: 100 of 230' }).waitFor();
      await page.getByRole('button', { name: 'Stop', exact: true }).press('Enter');
      letGo();
      await page.getByRole('dialog', { name: 'Stopped.' }).getByText('200 cancelled.').waitFor();
      expect(steps).toBe(2);
      watched.expectNothingWrong();
    });
  });

  it('keeps in sight what matters of many recipients, many attempts, and a server that talks without end', async () => {
    const many = Array.from({ length: 30 }, (_, place) => `r${place}@example.com`);
    const recipients = many.map((address) => ({ address, kind: 'to' as const }));
    const wide = await add({ subject: 'Wide', headerTo: many.join(', '), recipients });
    for (let number = 1; number <= 20; number += 1)
      await addAttempt(database, wide, { number, reply: `451 try ${number}`, startedAt: clock.now() + number });
    await end(await add({ subject: 'Talk' }), 'bounced', `550 ${'no '.repeat(20_000)}`, 'The server refuses it.');
    await using watched = await openPage(browser, url);
    const { page } = watched;
    await page.goto(`/messages/${wide}`);
    await whole(page).getByText('r9@example.com and 20 more').waitFor();
    await page.getByRole('button', { name: 'and 20 more' }).click();
    await whole(page).getByText('r28@example.com, r29@example.com').waitFor();
    await story(page).getByText('451 try 3', { exact: true }).waitFor();
    await story(page).getByText('451 try 14', { exact: true }).waitFor();
    expect(await story(page).getByText('451 try 4', { exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'Show the 10 attempts between' }).press('Enter');
    expect(
      await story(page)
        .getByText(/^451 try /)
        .count(),
    ).toBe(20);
    await row(page, 'Talk').click();
    await whole(page).getByText('The server refuses it.').waitFor();
    const box = await page.getByRole('button', { name: 'Send again' }).boundingBox();
    expect(box?.y).toBeLessThan(700);
    expect(await findAxeFaults(page)).toEqual([]);
    watched.expectNothingWrong();
  });

  it('shows HTML in a frame that runs nothing, and of secret mail nothing at all', async () => {
    const open = await add({ subject: 'Open' });
    const secret = await add({ subject: 'Reset', isSecret: true });
    await using watched = await openPage(browser, url);
    const { page } = watched;
    await page.goto(`/messages/${open}`);
    await page.getByRole('tab', { name: 'HTML' }).click();
    await page.frameLocator('iframe[sandbox=""]').getByText('It works').waitFor();
    expect(await findAxeFaults(page)).toEqual([]);
    await page.goto(`/messages/${secret}`);
    await page.getByText('shown to nobody').waitFor();
    expect(await page.getByRole('tab').count()).toBe(1);
    watched.expectNothingWrong();
  });

  it('leads from each figure of the home page to the messages behind it', async () => {
    await end(await add({ subject: 'Minutes' }), 'bounced', '550 5.1.1 No such user', 'The mailbox does not exist.');
    await end(await add({ subject: 'Later' }), 'deferred', '451 4.7.1 Greylisted', 'Greylisted.');
    await end(await add({ subject: 'Doubtful' }), 'uncertain', '', 'The connection broke.');
    await using watched = await openPage(browser, url);
    const { page } = watched;
    await page.goto('/');
    await page.getByRole('figure').getByText('1 failed', { exact: true }).waitFor();
    await page.getByRole('link', { name: /The mailbox does not exist/ }).click();
    await page.getByRole('heading', { name: 'Minutes' }).waitFor();
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await page.getByRole('link', { name: /tried again/ }).click();
    await row(page, 'Later').waitFor();
    await row(page, 'Doubtful').waitFor();
    expect(await row(page, 'Minutes').count()).toBe(0);
    watched.expectNothingWrong();
  });

  const views = [
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['375 px', { viewport: { width: 375, height: 720 } }],
  ] as const;
  it.each(views)('has nothing serious for axe and fits: %s', async (_, options) => {
    const id = await add({ subject: 'Minutes' });
    await end(id, 'bounced', `550 5.1.1 ${'x'.repeat(200)}`, 'The mailbox does not exist.');
    await using watched = await openPage(browser, url, options);
    const { page } = watched;
    const check = async (at: string) => {
      expect(await findAxeFaults(page), at).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), at).toBe(true);
    };
    await page.goto('/');
    await page.getByRole('figure').getByText('1 failed', { exact: true }).waitFor();
    await check('home');
    await page.goto('/messages');
    await row(page, 'Minutes').waitFor();
    await check('list');
    await page.getByRole('button', { name: 'How to search' }).click();
    await page.getByText('All that you give must match.').waitFor();
    await check('search help');
    await page.goto(`/messages/${id}`);
    await story(page).waitFor();
    await check('message');
    if (!('viewport' in options)) return;
    await page.getByRole('button', { name: 'Messages' }).click();
    await row(page, 'Minutes').waitFor();
  });
});
