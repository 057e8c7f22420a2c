/**
 * What a person sees of sending, in Chromium over the whole program: a message through its states, each kind of trouble
 * explained on its page, alerts, pause and resume, retention, and the test email in the log. The servers are scripted ones.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SmtpSettings } from '../contracts/smtp-settings.ts';
import { type FakeSmarthost, type SmarthostScript, startFakeSmarthost } from './fake-smarthost.ts';
import { type ApiClient, signIn } from './support/api-client.ts';
import { findAxeFaults, hasChromium, openBrowser, openPage } from './support/browser.ts';
import { findFreePort } from './support/free-port.ts';
import { administratorEnv, type Program, startProgram } from './support/program.ts';
import { tlsLab } from './tls-lab.ts';

const settingsPath = '/setup/extensibility/smtp-settings';

describe.runIf(hasChromium)('sending on the screens', () => {
  let browser: Browser;
  let program: Program;
  let client: ApiClient & { cookie: string };
  const servers: FakeSmarthost[] = [];
  beforeAll(async () => {
    browser = await openBrowser();
    program = await startProgram({ env: administratorEnv });
    client = await signIn(program.url);
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    program?.remove();
    for (const server of servers) await server.close();
  });

  const start = async (script: SmarthostScript = {}): Promise<FakeSmarthost> => {
    const server = await startFakeSmarthost(script);
    servers.push(server);
    return server;
  };
  const addSettings = async (name: string, port: number, more: object = {}): Promise<string> => {
    const input = { name, host: 'localhost', port, security: 'none', fromEmail: 'office@example.com', ...more };
    const { body, status } = await client.call<SmtpSettings>('POST', '/api/v1/smtp-settings', input);
    expect(status, JSON.stringify(body)).toBe(201);
    return body.id;
  };
  const submit = async (settings: string, subject: string, to = ['ann@example.org']): Promise<string> => {
    const { body } = await client.call<{ id: string }>('POST', '/api/v1/emails', {
      to,
      subject,
      text: 'Hello',
      smtp_settings: settings,
    });
    return body.id;
  };
  const open = (more: Parameters<typeof openPage>[2] = {}) =>
    openPage(browser, program.url, { cookie: client.cookie, ...more });
  const article = (page: Page) => page.getByRole('article');
  const alerts = (page: Page) => page.getByRole('region', { name: 'Alerts' });
  const answer = (page: Page, words: string) => page.getByRole('dialog').getByRole('button', { name: words });
  const goAway = async (id: string) => {
    expect((await client.call('DELETE', `/api/v1/smtp-settings/${id}`)).status).toBe(204);
  };

  it('shows a message on its way into the sandbox, finds it by search and sends it again', async () => {
    const sandbox = (await client.call<SmtpSettings>('POST', '/api/v1/sandbox/smtp-settings')).body;
    await client.call('POST', `/api/v1/smtp-settings/${sandbox.id}/pause`);
    const id = await submit(sandbox.id, 'Statement of May');
    await using watched = await open();
    const { page } = watched;
    await page.goto('/messages');
    await page.getByRole('searchbox', { name: 'Search' }).fill('subject:"of May" to:ann@example.org');
    await page.waitForURL(/q=/);
    const row = page.getByRole('link', { name: 'Statement of May' });
    await row.getByText('queued').waitFor();
    await row.press('Enter');
    await article(page).getByText(`“${sandbox.name}” is paused`).waitFor();
    await alerts(page)
      .getByRole('button', { name: `Resume: ${sandbox.name}` })
      .press('Enter');
    await article(page).getByText('The server took the message.').first().waitFor();
    await row.getByText('sent').waitFor();
    await alerts(page).waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Send again' }).press('Enter');
    await answer(page, 'Yes').press('Enter');
    await page.waitForURL((at) => !at.pathname.endsWith(id));
    await page.getByRole('link', { name: 'an earlier message' }).waitFor();
    await article(page).getByText('The server took the message.').first().waitFor();
    await page.goto('/sandbox');
    await page.getByRole('list', { name: 'Captured messages' }).getByText('Statement of May').nth(1).waitFor();
    watched.expectNothingWrong();
  });

  const troubles: [what: string, script: SmarthostScript | null, more: object, says: (string | RegExp)[]][] = [
    [
      'a server that is not there',
      null,
      {},
      ['Not taken for now; tried again by itself', /refuses connections\. Usually the program there is stopped/],
    ],
    [
      'one that greylists',
      { replies: { RCPT: '450 4.7.1 Greylisted, come back' } },
      {},
      [/it turns a first try away/, '450 4.7.1 Greylisted, come back', /Next attempt at/, /in 5 min|in 6 min/],
    ],
    [
      'one that hangs up after the dot',
      { replies: { '.': { end: 'reset' } } },
      {},
      ['It may have arrived, or not', /it may arrive twice/, /in 5 min|in 6 min/],
    ],
    [
      'one with an expired certificate',
      { tls: { mode: 'implicit', ...tlsLab().leaf('expired') } },
      { security: 'tls', certificateCheck: 'ca', caCertificate: tlsLab().ca },
      [/which does not take mail/, /The certificate of localhost:\d+ cannot be trusted\. Usually it has expired/],
    ],
  ];
  it.each(troubles)('explains %s on the page of the message', async (what, script, more, says) => {
    const port = script === null ? await findFreePort() : (await start(script)).port;
    const settings = await addSettings(what, port, more);
    const id = await submit(settings, what);
    await using watched = await open();
    const { page } = watched;
    await page.goto(`/messages/${id}`);
    for (const words of says) await article(page).getByRole('note').getByText(words).first().waitFor();
    watched.expectNothingWrong();
    await goAway(settings);
  });

  it('names the one of three recipients that was refused, and why', async () => {
    const refuse = (line: string) => (line.includes('gone@') ? '550 5.1.1 No such user here' : '250 2.1.5 Ok');
    const settings = await addSettings('Picky', (await start({ replies: { RCPT: refuse } })).port);
    const id = await submit(settings, 'Minutes', ['ann@example.org', 'gone@example.org', 'bob@example.org']);
    await using watched = await open();
    const { page } = watched;
    await page.goto(`/messages/${id}`);
    await article(page).getByText('2 of 3 recipients have it').waitFor();
    await article(page).getByText('gone@example.org: The server says that there is no such address').waitFor();
    const recipients = page.getByRole('region', { name: 'Recipients' });
    await recipients.getByText('550 5.1.1 No such user here').waitFor();
    await recipients.getByText('correct it where it comes from').waitFor();
    await page.getByRole('region', { name: 'What happened' }).getByText('1 bounced, 2 sent').waitFor();
    watched.expectNothingWrong();
    await goAway(settings);
  });

  it('alerts on every page of a refused sign-in; corrected on the screen, the mail leaves and the alert goes', async () => {
    const leaf = tlsLab().leaf('valid');
    const login = { username: 'office', password: 'right' };
    const server = await start({ tls: { mode: 'implicit', ...leaf }, login });
    const tls = { security: 'tls', certificateCheck: 'ca', caCertificate: tlsLab().ca };
    const settings = await addSettings('Head office', server.port, {
      ...tls,
      username: 'office',
      password: 'Summer2025',
    });
    for (const subject of ['One', 'Two', 'Three']) await submit(settings, subject);
    await using watched = await open();
    const { page } = watched;
    await page.goto('/setup/api-keys');
    await alerts(page).getByText('refused the sign-in').waitFor();
    await alerts(page).getByRole('link', { name: '3 messages wait' }).press('Enter');
    await page.getByRole('link', { name: 'Two' }).press('Enter');
    await article(page).getByText('Waits for “Head office”, which does not take mail').waitFor();
    await article(page).getByText('Usually the password has changed or expired').waitFor();
    await article(page).getByRole('link', { name: 'Open the settings of Head office' }).press('Enter');
    await page
      .getByRole('option', { name: /Head office/ })
      .getByText('Blocked')
      .waitFor();
    await page.getByRole('note').getByText('3 messages wait and leave by themselves then.').waitFor();
    await page.getByLabel('Password', { exact: true }).fill('right');
    await page.getByRole('button', { name: 'Save', exact: true }).press('Enter');
    await alerts(page).waitFor({ state: 'hidden' });
    await page.goto('/messages?q=settings:"Head office" status:sent');
    await page.getByRole('link', { name: 'One' }).waitFor();
    await expect.poll(() => server.connections.flatMap(({ messages }) => messages).length).toBe(3);
    watched.expectNothingWrong();
    await goAway(settings);
  });

  it('pauses all sending after it was asked, says on every page by whom, and goes on when it is resumed', async () => {
    const settings = await addSettings('Quiet', (await start()).port);
    await using watched = await open();
    const { page } = watched;
    await page.goto('/');
    await page.getByRole('button', { name: 'Pause all sending' }).press('Enter');
    await page.getByRole('dialog', { name: 'Pause all sending?' }).getByRole('button', { name: 'Yes' }).press('Enter');
    await page.getByRole('button', { name: 'Resume all sending' }).waitFor();
    const id = await submit(settings, 'Patience');
    await page.goto(`/messages/${id}`);
    await alerts(page).getByText('All sending is paused by admin@postern.test.').waitFor();
    await article(page).getByText('Waits: all sending is paused').waitFor();
    expect(await article(page).getByRole('button', { name: 'Try now' }).count()).toBe(0);
    await alerts(page).getByRole('button', { name: 'Resume' }).press('Enter');
    await article(page).getByText('The server took the message.').first().waitFor();
    watched.expectNothingWrong();
    await goAway(settings);
  });

  it('pauses one server on its screen: its row, the home page and the top of the page say so', async () => {
    const settings = await addSettings('Warehouse', (await start()).port);
    await using watched = await open();
    const { page } = watched;
    await page.goto(`${settingsPath}/${settings}`);
    await page.getByRole('button', { name: 'Pause sending' }).press('Enter');
    await page
      .getByRole('option', { name: /Warehouse/ })
      .getByText('Paused')
      .waitFor();
    await page.getByText('Nothing goes by these settings until somebody resumes.').waitFor();
    await alerts(page).getByText('Warehouse is paused: nothing waits.').waitFor();
    await page.goto('/');
    await page.getByRole('button', { name: 'Resume Warehouse' }).press('Enter');
    await page.getByRole('button', { name: 'Pause Warehouse' }).waitFor();
    await alerts(page).waitFor({ state: 'hidden' });
    watched.expectNothingWrong();
    await goAway(settings);
  });

  it('leads from a test to its message in the log', async () => {
    const settings = await addSettings('Tested', (await start()).port);
    await using watched = await open();
    const { page } = watched;
    let letGo = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route('**/api/v1/smtp-settings*', (route) => gate.then(() => route.continue()));
    await page.goto(`${settingsPath}/${settings}`);
    const test = page.getByRole('button', { name: 'Send a test email', description: 'The settings are being loaded.' });
    await test.waitFor();
    letGo();
    await page.getByRole('button', { name: 'Send a test email' }).press('Enter');
    await page.getByRole('link', { name: 'See it in the message log' }).press('Enter');
    await article(page).getByText('kind=test').waitFor();
    await article(page).getByText('The server took the message.').first().waitFor();
    watched.expectNothingWrong();
    await goAway(settings);
  });

  it('asks before a shorter retention deletes, and says what cannot be', async () => {
    await using watched = await open();
    const { page } = watched;
    const days = (label: string) => page.getByLabel(`${label}: days`);
    const save = () => page.getByRole('button', { name: 'Save' }).press('Enter');
    await page.goto('/setup/retention');
    await days('Messages').fill('5');
    await save();
    await page.getByText('cannot be kept longer than the message itself').waitFor();
    await days('What messages said').fill('3');
    await save();
    const question = page.getByRole('dialog', { name: 'Delete older mail?' });
    await question
      .getByText('Messages of more than 5 days ago are deleted altogether. At this moment 0 are that old.')
      .waitFor();
    await question.getByRole('button', { name: 'No' }).press('Enter');
    const saved = async () => (await client.call('GET', '/api/v1/retention')).body;
    expect(await saved()).toEqual({ body_days: 30, message_days: 365 });
    await save();
    await question.getByRole('button', { name: 'Yes' }).press('Enter');
    await page.getByText('Saved.').waitFor();
    expect(await saved()).toEqual({ body_days: 3, message_days: 5 });
    await page.getByLabel('For ever').press('Space');
    await save();
    await expect.poll(saved).toEqual({ body_days: 3, message_days: null });
    watched.expectNothingWrong();
  });

  const views = [
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['375 px', { viewport: { width: 375, height: 720 } }],
  ] as const;
  it.each(views)('has nothing serious for axe and fits, with alerts open: %s', async (_, options) => {
    const tls = { security: 'tls', certificateCheck: 'ca', caCertificate: tlsLab().ca };
    const expired = await start({ tls: { mode: 'implicit', ...tlsLab().leaf('expired') } });
    const blocked = await addSettings('Expired', expired.port, tls);
    const paused = await addSettings('Paused', (await start()).port);
    await client.call('POST', `/api/v1/smtp-settings/${paused}/pause`);
    const id = await submit(blocked, 'Waits');
    await using watched = await open(options);
    const { page } = watched;
    for (const at of ['/', '/messages', `/messages/${id}`, `${settingsPath}/${blocked}`, '/setup/retention']) {
      await page.goto(at);
      await alerts(page).getByText('1 server does not take mail, 1 is paused').waitFor();
      await alerts(page).getByRole('button', { name: 'Show them' }).click();
      await alerts(page).getByText('cannot be trusted').waitFor();
      await page.getByRole('heading').first().waitFor();
      expect(await findAxeFaults(page), at).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), at).toBe(true);
    }
    watched.expectNothingWrong();
    for (const settings of [blocked, paused]) await goAway(settings);
  });
});
