/**
 * Passkeys in Chromium, with its own virtual authenticator: added, used as the second step, to confirm who one is, and alone.
 * The page is a bare one of Postern's (whose policy is set aside so that the test can call from it); what is tested is the server with a browser's real answers.
 */
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, openBrowser, openPage, type WatchedPage } from './support/browser.ts';
import { administrator, administratorEnv, type Program, startProgram } from './support/program.ts';

interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the endpoint answers
  body: any;
}

describe.runIf(hasChromium)('passkeys in a browser', () => {
  let browser: Browser;
  let program: Program;
  let watched: WatchedPage;
  let page: Page;
  let tools: CDPSession;
  let base: string;

  beforeAll(async () => {
    browser = await openBrowser();
    program = await startProgram({ env: administratorEnv });
    base = program.url.replace('127.0.0.1', 'localhost');
    watched = await openPage(browser, base, { bypassCSP: true, expected: /4\d\d/ });
    page = watched.page;
    await page.goto('/healthz');
    tools = await page.context().newCDPSession(page);
    await tools.send('WebAuthn.enable');
    await tools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
        ...{ isUserVerified: true, automaticPresenceSimulation: true },
      },
    });
  }, 60_000);
  afterAll(async () => {
    await watched?.[Symbol.asyncDispose]();
    await browser?.close();
    await program?.stop();
    program?.remove();
  });

  const post = (path: string, body?: unknown): Promise<Reply> =>
    page.evaluate(
      async ([at, sent]) => {
        const reply = await fetch(`/api/v1${at}`, {
          method: 'POST',
          headers: { 'x-postern': '1', ...(sent !== null && { 'content-type': 'application/json' }) },
          ...(sent !== null && { body: sent }),
        });
        const text = await reply.text();
        return { status: reply.status, body: text === '' ? null : JSON.parse(text) };
      },
      [path, body === undefined ? null : JSON.stringify(body)] as const,
    );
  const create = (options: object) =>
    page.evaluate(async (json) => {
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
        json as PublicKeyCredentialCreationOptionsJSON,
      );
      return ((await navigator.credentials.create({ publicKey })) as PublicKeyCredential).toJSON();
    }, options);
  const get = (options: object) =>
    page.evaluate(async (json) => {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(json as PublicKeyCredentialRequestOptionsJSON);
      return ((await navigator.credentials.get({ publicKey })) as PublicKeyCredential).toJSON();
    }, options);
  const signIn = () => post('/sign-in', administrator);

  it('adds one, with recovery codes for the first, and not the same answer twice', async () => {
    expect((await signIn()).body.role).toBe('administrator');
    const { options } = (await post('/me/passkeys/options')).body;
    expect(options).toMatchObject({ rp: { id: 'localhost', name: 'Postern' } });
    const passkey = await create(options);
    const added = await post('/me/passkeys', { name: 'Laptop', passkey });
    expect([added.status, added.body]).toEqual([
      200,
      {
        factors: expect.objectContaining({ passkeys: [expect.objectContaining({ name: 'Laptop', lastUsedAt: null })] }),
        recoveryCodes: expect.objectContaining({ length: 10 }),
      },
    ]);
    expect((await post('/me/passkeys', { name: 'Again', passkey })).status).toBe(403);
  });

  it('is the second step after the password, once', async () => {
    const first = (await signIn()).body;
    expect(first.needs).toEqual(['passkey', 'recovery']);
    const passkey = await get(first.passkeyOptions);
    const proof = { challenge: first.challenge, passkey };
    const both = await Promise.all([post('/sign-in/second-step', proof), post('/sign-in/second-step', proof)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 403]);
    const next = (await signIn()).body;
    expect((await post('/sign-in/second-step', { challenge: next.challenge, passkey })).status).toBe(401);
  });

  it('confirms who one is, and signs in alone; no answer counts twice or elsewhere', async () => {
    const { options } = (await post('/me/confirmation/passkey-options')).body;
    const passkey = await get(options);
    expect((await post('/me/confirmation', { passkey })).status).toBe(200);
    expect((await post('/me/confirmation', { passkey })).status).toBe(403);
    expect((await post('/sign-out')).status).toBe(204);
    const begun = (await post('/sign-in/passkey-options')).body;
    expect((await post('/sign-in/passkey', { challenge: begun.challenge, passkey })).status).toBe(401);
    const signed = await get(begun.options);
    const alone = await post('/sign-in/passkey', { challenge: begun.challenge, passkey: signed });
    expect([alone.status, alone.body.email]).toEqual([200, administrator.email]);
    expect((await post('/sign-in/passkey', { challenge: begun.challenge, passkey: signed })).status).toBe(403);
    expect((await post('/me/confirmation/passkey-options')).status).toBe(200);
  });

  it('says which name to open where the address is a number', async () => {
    await page.goto(`${program.url}/healthz`);
    const refused = await post('/sign-in/passkey-options');
    expect([refused.status, refused.body.message]).toEqual([409, expect.stringContaining(base)]);
  });
});
