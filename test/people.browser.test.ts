/** People in Chromium, by keyboard: invited, forgetful, with a second factor; what is mailed to them is read in the sandbox. */
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { Secret, TOTP } from 'otpauth';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SandboxMessage, SandboxMessageSummary } from '../contracts/sandbox.ts';
import { type ApiClient, openApiClient, signIn } from './support/api-client.ts';
import { findAxeFaults, hasChromium, openBrowser, openPage } from './support/browser.ts';
import { administrator, type Program, startProgram } from './support/program.ts';

const mailLimits = { timeout: 10_000, interval: 100 };

describe.runIf(hasChromium)('people', () => {
  let browser: Browser;
  let program: Program;
  /** Passkeys need a name. */
  let base: string;
  let client: ApiClient & { cookie: string };

  beforeAll(async () => {
    browser = await openBrowser();
    program = await startProgram();
    base = program.url.replace('127.0.0.1', 'localhost');
    await using first = await openPage(browser, base);
    await first.page.goto(program.firstRunPath ?? '');
    await type(first.page, 'Your name', 'Ada Lovelace');
    await type(first.page, 'E-mail address', administrator.email);
    await type(first.page, 'Password', administrator.password);
    await first.page.keyboard.press('Enter');
    await first.page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
    client = await signIn(program.url);
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    program?.remove();
  });

  const sandbox = () => client.call('POST', '/api/v1/sandbox/smtp-settings');

  /** The path of the link in the newest mail to somebody whose subject fits; waits for the mail. */
  async function readLink(to: string, subject: RegExp, butNot = ''): Promise<string> {
    return vi.waitFor(async () => {
      const { body } = await client.call<{ data: SandboxMessageSummary[] }>('GET', '/api/v1/sandbox/messages');
      for (const { id } of body.data.filter((mail) => mail.recipients.includes(to) && subject.test(mail.subject))) {
        const mail = (await client.call<SandboxMessage>('GET', `/api/v1/sandbox/messages/${id}`)).body;
        const link = /https?:\/\/[^/\s]+(\/[a-z-]+#[\w-]+)/.exec(mail.text ?? '')?.[1];
        if (link !== undefined && link !== butNot) return link;
      }
      throw new Error(`no mail to ${to}: ${JSON.stringify(body.data.map((mail) => [mail.recipients, mail.subject]))}`);
    }, mailLimits);
  }

  async function addPerson(email: string, password: string, role = 'operator'): Promise<void> {
    await sandbox();
    const invited = await client.call('POST', '/api/v1/people', { email, name: 'Grace Hopper', role });
    expect(invited.status).toBe(201);
    const token = (await readLink(email, /invite|invitation/i)).split('#')[1];
    const accepted = await openApiClient(program.url).call(
      'POST',
      '/api/v1/invitation/accept',
      { token, name: 'Grace Hopper', password },
      { 'x-postern': '1' },
    );
    expect(accepted.status).toBe(200);
  }

  it('before there are SMTP settings, a forgotten password page says what an administrator must do', async () => {
    await using watched = await openPage(browser, base);
    const { page } = watched;
    await page.goto('/sign-in');
    await press(page, page.getByRole('link', { name: 'Forgotten password?' }));
    await page.getByText('Postern cannot mail a link yet').waitFor();
    await page.getByText(/person reset-link/).waitFor();
    expect(await findAxeFaults(page)).toEqual([]);
    watched.expectNothingWrong();
  });

  it('somebody invited chooses a password by the mailed link and signs in', async () => {
    await sandbox();
    await using admin = await openPage(browser, base, { cookie: client.cookie });
    await admin.page.goto('/setup/users');
    await press(admin.page, admin.page.getByRole('button', { name: 'Invite a user' }));
    await type(admin.page, 'E-mail address', 'grace@example.com');
    await admin.page.getByRole('radio', { name: 'Viewer' }).focus();
    await admin.page.keyboard.press('ArrowDown');
    await press(admin.page, admin.page.getByRole('button', { name: 'Invite', exact: true }));
    const row = admin.page.getByRole('row', { name: /grace@example.com/ });
    await row.getByText('invited').waitFor();
    await row.getByRole('cell', { name: 'operator' }).waitFor();
    expect(await findAxeFaults(admin.page)).toEqual([]);

    const link = await readLink('grace@example.com', /invit/i);
    await using guest = await openPage(browser, base, { expected: /403/ });
    const { page } = guest;
    await page.goto(link);
    await page.getByText('Ada Lovelace invites you').waitFor();
    expect(page.url()).toBe(`${base}/invitation`);
    expect(await findAxeFaults(page)).toEqual([]);
    await type(page, 'Your name', 'Grace Hopper');
    await type(page, 'Password', 'too short');
    await page.getByText('3 more characters needed.').waitFor();
    await type(page, 'Password', 'a ship in port is safe');
    await page.keyboard.press('Enter');
    await page.getByText('Your account is ready.').waitFor();
    expect(await page.getByLabel('E-mail address').inputValue()).toBe('grace@example.com');
    await page.keyboard.type('a ship in port is safe');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
    guest.expectNothingWrong();

    await page.goto(link);
    await page.getByText('This link does not work any more').waitFor();
    await admin.page.reload();
    await admin.page
      .getByRole('row', { name: /Grace Hopper/ })
      .getByText('active')
      .waitFor();
    admin.expectNothingWrong();
  });

  it('a forgotten password is set anew by a mailed link, which works once', async () => {
    const email = 'forgetful@example.com';
    await addPerson(email, 'the password before');
    await using watched = await openPage(browser, base, { expected: /40[13]/ });
    const { page } = watched;
    await page.goto('/sign-in');
    await type(page, 'E-mail address', email);
    await press(page, page.getByRole('link', { name: 'Forgotten password?' }));
    expect(await page.getByLabel('E-mail address').inputValue()).toBe(email);
    await press(page, page.getByRole('button', { name: 'Mail me a link' }));
    await page.getByRole('heading', { name: 'Look in your mailbox' }).waitFor();
    const link = await readLink(email, /password/i);

    await page.goto(link);
    await page.getByRole('heading', { name: 'Set another password' }).waitFor();
    await type(page, 'New password', 'the password after it');
    expect(page.url()).toBe(`${base}/password-reset`);
    expect(await findAxeFaults(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByText('Your new password is set').waitFor();

    await page.keyboard.type('the password before');
    await page.keyboard.press('Enter');
    await page.getByText('do not belong together').waitFor();
    await type(page, 'Password', 'the password after it');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();

    await page.goto(link);
    await page.getByText('This link does not work any more').waitFor();
    await press(page, page.getByRole('button', { name: 'Ask for another link' }));
    await page.getByRole('heading', { name: 'Forgotten password' }).waitFor();
    watched.expectNothingWrong();
  });

  it('the forgotten password page says the same of an address that nobody has', async () => {
    await addPerson('known@example.com', 'a password that is known');
    await using watched = await openPage(browser, base);
    const { page } = watched;
    const said: (string | null)[] = [];
    for (const email of ['known@example.com', 'nobody@example.com']) {
      await page.goto('/password-reset');
      await type(page, 'E-mail address', email);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Look in your mailbox' }).waitFor();
      said.push(((await page.getByRole('main').textContent()) ?? '').replace(email, ''));
    }
    expect(said[0]).toBe(said[1]);
    watched.expectNothingWrong();
  });

  it('an authenticator app is set up, asked for at sign-in, and replaced by a recovery code', async () => {
    const person = { email: 'totp@example.com', password: 'a password and a code' };
    await addPerson(person.email, person.password);
    await using watched = await openPage(browser, base, { expected: /40[13]|422/ });
    const { page } = watched;
    await enterPassword(page, person);
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
    await page.goto('/me/second-factors');
    await press(page, page.getByRole('button', { name: 'Set up an app' }));
    const secret = (await page.getByTestId('totp-secret').textContent()) ?? '';
    const code = (at = Date.now()) =>
      new TOTP({ secret: Secret.fromBase32(secret.replaceAll(' ', '')) }).generate({ timestamp: at });
    expect(await findAxeFaults(page)).toEqual([]);
    await type(page, 'The six digits', '000000');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').locator('input[aria-invalid=true]').waitFor();
    await type(page, 'The six digits', code());
    await page.keyboard.press('Enter');
    await page.getByTestId('recovery-codes').waitFor();
    const codes = await page.getByTestId('recovery-codes').getByRole('listitem').allTextContents();
    expect(new Set(codes).size).toBe(10);
    expect(await findAxeFaults(page)).toEqual([]);
    const downloading = page.waitForEvent('download');
    await press(page, page.getByRole('button', { name: 'Download codes' }));
    expect((await downloading).suggestedFilename()).toBe('postern-recovery-codes.txt');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor();
    await page.getByRole('checkbox', { name: 'I have kept them' }).focus();
    await page.keyboard.press('Space');
    await press(page, page.getByRole('button', { name: 'Done' }));
    await page.getByText('10 of 10 left').waitFor();
    expect(await page.content()).not.toContain(codes[0]);

    await enterPassword(page, person);
    await page.getByRole('heading', { name: 'One more step' }).waitFor();
    expect(await findAxeFaults(page)).toEqual([]);
    await page.keyboard.type('000000');
    await page.keyboard.press('Enter');
    await page.getByText('This code is not right').waitFor();
    // Each code counts once: the one of the next half minute is a fresh one, and taken already.
    await type(page, 'Six-digit code', code(Date.now() + 30_000));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();

    await enterPassword(page, person);
    await press(page, page.getByRole('button', { name: 'Use a recovery code' }));
    await type(page, 'Recovery code', codes[0] ?? '');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
    await page.goto('/me/second-factors');
    await page.getByText('9 of 10 left').waitFor();
    watched.expectNothingWrong();
  });

  it('who signed in a while ago is asked for the password before a factor changes', async () => {
    const person = { email: 'while-ago@example.com', password: 'a password, asked again' };
    await addPerson(person.email, person.password);
    await using watched = await openPage(browser, base, { expected: /403|422/ });
    const { page } = watched;
    await enterPassword(page, person);
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
    await page.goto('/me/second-factors');
    const stored = new Sqlite(path.join(program.dataFolder, 'postern.db'));
    stored.exec('UPDATE web_session SET confirmed_at = confirmed_at - 11 * 60000');
    stored.close();
    await press(page, page.getByRole('button', { name: 'Set up an app' }));
    await page.getByRole('heading', { name: 'Is it you?' }).waitFor();
    expect(await findAxeFaults(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await press(page, page.getByRole('button', { name: 'Set up an app' }));
    await page.getByRole('heading', { name: 'Is it you?' }).waitFor();
    await page.keyboard.type('another password');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').locator('input[aria-invalid=true]').waitFor();
    await type(page, 'Your password', person.password);
    await page.keyboard.press('Enter');
    await page.getByTestId('totp-secret').waitFor();
    watched.expectNothingWrong();
  });

  it('a passkey is added, renamed, signs in alone and as a second step, and is deleted', async () => {
    const person = { email: 'passkey@example.com', password: 'a password and a key' };
    await addPerson(person.email, person.password);
    await using watched = await openPage(browser, base, { expected: /40[13]/ });
    const { page } = watched;
    const devTools = await page.context().newCDPSession(page);
    await devTools.send('WebAuthn.enable');
    await devTools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await enterPassword(page, person);
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
    await page.goto('/me/second-factors');
    await press(page, page.getByRole('button', { name: 'Add a passkey' }));
    await page.keyboard.type('Laptop');
    await page.keyboard.press('Enter');
    await page.getByTestId('recovery-codes').waitFor();
    await page.getByRole('checkbox', { name: 'I have kept them' }).focus();
    await page.keyboard.press('Space');
    await press(page, page.getByRole('button', { name: 'Done' }));
    await press(page, page.getByRole('button', { name: 'Rename Laptop' }));
    await type(page, 'Name', 'Work laptop');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Rename Work laptop' }).waitFor();
    expect(await findAxeFaults(page)).toEqual([]);

    await page.context().clearCookies();
    await page.goto('/sign-in');
    await press(page, page.getByRole('button', { name: 'Sign in with a passkey' }));
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();

    await enterPassword(page, person);
    await press(page, page.getByRole('button', { name: 'Use a passkey' }));
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();

    await page.goto('/me/second-factors');
    await press(page, page.getByRole('button', { name: 'Delete Work laptop' }));
    await press(page, page.getByRole('dialog').getByRole('button', { name: 'Yes' }));
    await page.getByText('is deleted').waitFor();
    await page.getByRole('region', { name: 'Passkeys' }).getByText('none').waitFor();
    watched.expectNothingWrong();
  });

  it('are found by what is typed into Filter, in its middle too, which goes into the address', async () => {
    await using watched = await openPage(browser, base, { cookie: client.cookie });
    const { page } = watched;
    await page.goto('/setup/users?q=acelove');
    await page.getByText('Nobody fits').waitFor();
    const filter = page.getByRole('searchbox', { name: 'Filter by name or address' });
    await filter.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.type('da Lov');
    expect(await filter.inputValue()).toBe('ada Lovcelove');
    for (let presses = 0; presses < 'celove'.length; presses += 1) await page.keyboard.press('Delete');
    await page.keyboard.type('elace');
    await page.getByRole('row', { name: /Ada Lovelace/ }).waitFor();
    await page.waitForURL(/\?q=ada[+ ]Lovelace$/);
    await page.goto('/setup/users?q=nobody');
    await page.getByRole('button', { name: 'Show all users' }).click();
    await page.getByRole('row', { name: /Ada Lovelace/ }).waitFor();
    expect(await filter.inputValue()).toBe('');
    watched.expectNothingWrong();
  });

  it('somebody is disabled after a question that names them, and the last administrator cannot be', async () => {
    await addPerson('leaving@example.com', 'a password for a while');
    await using watched = await openPage(browser, base, { cookie: client.cookie });
    const { page } = watched;
    await page.goto('/setup/users?q=leaving');
    const row = page.getByRole('row', { name: /leaving@example.com/ });
    await press(page, row.getByRole('button', { name: 'Actions for Grace Hopper' }));
    await page.getByRole('menuitem', { name: 'Disable' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Disable Grace Hopper?' }).waitFor();
    await press(page, page.getByRole('dialog').getByRole('button', { name: 'Yes' }));
    await row.getByText('disabled').waitFor();

    await page.goto('/setup/users?q=ada');
    await press(page, page.getByRole('button', { name: 'Actions for Ada Lovelace' }));
    const item = page.getByRole('menuitem', { name: /^Delete/ });
    expect(await item.textContent()).toContain('The last administrator');
    expect(await item.getAttribute('aria-disabled')).toBe('true');
    await item.focus();
    await page.keyboard.press('Enter');
    expect(await page.getByRole('dialog').count()).toBe(0);
    watched.expectNothingWrong();
  });

  it('an administrator without a second factor can do nothing but set one up, once the policy asks for it', async () => {
    const [first, second] = ['first@example.com', 'second@example.com'].map((email) => ({
      email,
      password: 'rules for all of us',
    }));
    if (!first || !second) throw new Error('two of them');
    for (const { email, password } of [first, second]) await addPerson(email, password, 'administrator');
    const api = await signIn(program.url, first);
    const { secret } = (await api.call<{ secret: string }>('POST', '/api/v1/me/totp')).body;
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate();
    expect((await api.call('POST', '/api/v1/me/totp/confirm', { code })).status).toBe(200);

    await using watched = await openPage(browser, base, { expected: /403/ });
    const { page } = watched;
    await enterPassword(page, second);
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
    await using ruling = await openPage(browser, base, { cookie: api.cookie });
    await ruling.page.goto('/setup/users');
    await ruling.page.getByRole('switch', { name: 'Administrators need a second factor' }).focus();
    await ruling.page.keyboard.press('Space');
    await press(ruling.page, ruling.page.getByRole('dialog').getByRole('button', { name: 'Yes' }));
    await ruling.page.getByText('need a second factor from now on').waitFor();

    // Whoever is at work is led there by the first refusal, whoever comes by the gate.
    await press(page, page.getByRole('link', { name: 'Messages', exact: true }));
    await page.getByText('Set one up to go on').waitFor();
    expect(page.url()).toBe(`${base}/me/second-factors`);
    await page.goto('/setup/users');
    await page.getByText('Set one up to go on').waitFor();
    expect(await findAxeFaults(page)).toEqual([]);
    await press(page, page.getByRole('button', { name: 'Set up an app' }));
    const shown = ((await page.getByTestId('totp-secret').textContent()) ?? '').replaceAll(' ', '');
    await type(page, 'The six digits', new TOTP({ secret: Secret.fromBase32(shown) }).generate());
    await page.keyboard.press('Enter');
    await page.getByRole('checkbox', { name: 'I have kept them' }).focus();
    await page.keyboard.press('Space');
    await press(page, page.getByRole('button', { name: 'Done' }));
    await page.getByText('Set one up to go on').waitFor({ state: 'hidden' });
    await page.goto('/setup/users');
    await page.getByRole('row', { name: /second@example.com/ }).waitFor();
    watched.expectNothingWrong();
    expect((await api.call('PATCH', '/api/v1/sign-in-policy', { administratorsNeedSecondFactor: false })).status).toBe(
      200,
    );
  });

  it('another address counts once the link that was mailed to it is confirmed', async () => {
    const person = { email: 'moving@example.com', password: 'a password that stays' };
    await addPerson(person.email, person.password);
    await using watched = await openPage(browser, base, { expected: /403/ });
    const { page } = watched;
    await enterPassword(page, person);
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
    await page.goto('/me/profile');
    await press(page, page.getByRole('button', { name: 'Change address' }));
    await type(page, 'New address', 'moved@example.com');
    await type(page, 'Your password', person.password);
    await page.keyboard.press('Enter');
    await page.getByText('Waits to be confirmed').waitFor();
    expect(await findAxeFaults(page)).toEqual([]);
    const link = await readLink('moved@example.com', /./);
    await page.goto(link);
    await press(page, page.getByRole('button', { name: 'Confirm the address' }));
    await page.getByRole('heading', { name: 'Your address is confirmed' }).waitFor();
    await page.goto('/me/profile');
    await page.getByText('moved@example.com').first().waitFor();
    watched.expectNothingWrong();
  });
});

/** Puts the words in place of what is there, as a person does who tabs to the field. */
async function type(page: Page, label: string, words: string): Promise<void> {
  const field = page.getByRole('textbox', { name: new RegExp(`^${label}`) });
  await tabTo(page, field);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(words);
}

async function press(page: Page, control: Locator): Promise<void> {
  await tabTo(page, control);
  await page.keyboard.press('Enter');
}

/** @throws when the Tab key does not lead there. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let count = 0; count < 60; count += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the Tab key does not lead to ${target}`);
}

async function enterPassword(page: Page, person: { email: string; password: string }): Promise<void> {
  await page.context().clearCookies();
  await page.goto('/sign-in');
  await type(page, 'E-mail address', person.email);
  await type(page, 'Password', person.password);
  await page.keyboard.press('Enter');
}
