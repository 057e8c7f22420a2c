/**
 * Chromium against the real program with somebody signed in: mail that wants to run (every payload a message of its own),
 * and pages elsewhere that want to act through the browser, on another site and on another port of this one.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hostileMail } from './hostile-mail.ts';
import { type ApiClient, signIn } from './support/api-client.ts';
import { hasChromium, openBrowser } from './support/browser.ts';
import { administratorEnv, type Program, startProgram } from './support/program.ts';

describe.runIf(hasChromium)('a browser that is signed in', () => {
  let browser: Browser;
  let program: Program;
  let admin: ApiClient & { cookie: string };
  let evil: Server;
  let context: BrowserContext;
  const hits: string[] = [];
  /** What the evil site shows, by path. */
  const pages = new Map<string, string>();
  const evilAt = (host: string) => `http://${host}:${(evil.address() as AddressInfo).port}`;

  beforeAll(async () => {
    evil = createServer((request, response) => {
      const page = pages.get(request.url ?? '');
      if (page === undefined) hits.push(request.url ?? '');
      response.setHeader('content-type', 'text/html').end(page ?? 'x');
    });
    await new Promise<void>((resolve) => evil.listen(0, resolve));
    program = await startProgram({ env: administratorEnv });
    admin = await signIn(program.url);
    const settings = { name: 'Office', host: '127.0.0.1', port: 9, security: 'none', fromEmail: 'a@example.com' };
    expect((await admin.call('POST', '/api/v1/smtp-settings', settings)).status).toBe(201);
    browser = await openBrowser();
    context = await browser.newContext({ baseURL: program.url });
    const [name = '', value = ''] = admin.cookie.split('=');
    await context.addCookies([{ name, value, url: program.url }]);
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    program?.remove();
    evil?.close();
    evil?.closeAllConnections();
  });
  beforeEach(() => {
    hits.length = 0;
  });
  /** Watched for dialogs, new windows and being led away. */
  const openWatched = async (): Promise<{ page: Page; wrong: string[] }> => {
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on('dialog', (dialog) => {
      wrong.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('popup', () => wrong.push('a window was opened'));
    page.on('framenavigated', (frame) => {
      if (frame === page.mainFrame() && !/^(http:\/\/127\.0\.0\.1:\d+\/(messages|quiet)|about:)/.test(frame.url()))
        wrong.push(`led to ${frame.url()}`);
    });
    return { page, wrong };
  };
  /** In frames, some at a time, each until it is there and a moment longer. */
  const showAll = (page: Page, urls: string[], sandbox: string | null) =>
    page.evaluate(
      async ({ urls, sandbox }) => {
        for (let at = 0; at < urls.length; at += 40) {
          const frames = urls.slice(at, at + 40).map((url) => {
            const frame = document.createElement('iframe');
            if (sandbox !== null) frame.setAttribute('sandbox', sandbox);
            frame.src = url;
            const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
            document.body.append(frame);
            return { frame, loaded };
          });
          const late = new Promise((resolve) => setTimeout(resolve, 3000));
          await Promise.all(frames.map(({ loaded }) => Promise.race([loaded, late])));
          await new Promise((resolve) => setTimeout(resolve, 150));
          for (const { frame } of frames) frame.remove();
        }
      },
      { urls, sandbox },
    );
  const corpus = () => {
    const site = evilAt('127.0.0.1');
    return hostileMail(`new Image().src='${site}/ran';fetch('${site}/ran');top.location='${site}/top';alert(1)`, site);
  };

  it('meets mail that would run where it may, so that the next test means something', async () => {
    const quiet = corpus().map((html) => html.replaceAll("top.location='", "window.x='").replaceAll('alert(1)', '0'));
    for (const [at, html] of quiet.entries()) pages.set(`/quiet/${at}`, html);
    pages.set('/quiet', '<body></body>');
    const { page } = await openWatched();
    await page.goto(`${evilAt('127.0.0.1')}/quiet`);
    const urls = quiet.map((_, at) => `/quiet/${at}`);
    await showAll(page, urls, 'allow-scripts allow-same-origin allow-forms');
    expect(hits.filter((url) => url === '/ran').length).toBeGreaterThan(60);
    expect(hits.filter((url) => url === '/net').length).toBeGreaterThan(20);
    await page.close();
  }, 120_000);

  it('runs, loads and follows nothing of hostile mail, in the frame of the pages or in any other', async () => {
    const all = corpus();
    expect(all.length).toBeGreaterThan(200);
    const emails = all.map((html, at) => ({ to: 'b@example.com', subject: `${at}`, html: `<p>there</p>${html}` }));
    const sent = await admin.call<{ data: { id: string }[] }>('POST', '/api/v1/emails/batch', emails);
    expect([sent.status, sent.body.data?.length]).toEqual([200, all.length]);
    const urls = sent.body.data.map(({ id }) => `/api/v1/emails/${id}/html`);
    const { page, wrong } = await openWatched();
    await page.goto('/messages');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await showAll(page, urls, '');
    // What the document itself says of what it may is enough, whatever frame somebody puts it in.
    await showAll(page, urls, 'allow-scripts allow-same-origin allow-top-navigation allow-forms allow-popups');
    expect([hits, wrong]).toEqual([[], []]);
    const first = await page.request.get(urls[0]!);
    expect(await first.text()).toContain('there');
    await page.close();
  }, 240_000);

  it('lets no script of Postern’s own pages make markup or code of a text, whatever it wanted', async () => {
    const { page, wrong } = await openWatched();
    await page.goto('/messages');
    await page.getByRole('heading', { level: 1 }).waitFor();
    const site = evilAt('127.0.0.1');
    const made = await page.evaluate((site) => {
      const hostile = `<img src=x onerror="fetch('${site}/ran')"><script>fetch('${site}/ran')</script>`;
      const ways: Record<string, () => unknown> = {
        innerHTML: () => Object.assign(document.createElement('div'), { innerHTML: hostile }),
        outerHTML: () => Object.assign(document.body.appendChild(document.createElement('i')), { outerHTML: hostile }),
        adjacent: () => document.body.insertAdjacentHTML('beforeend', hostile),
        write: () => document.write(hostile),
        srcdoc: () => Object.assign(document.createElement('iframe'), { srcdoc: hostile }),
        parser: () => new DOMParser().parseFromString(hostile, 'text/html'),
        scriptText: () =>
          document.body.append(Object.assign(document.createElement('script'), { text: 'window.ran=1' })),
        scriptSource: () => Object.assign(document.createElement('script'), { src: `${site}/ran` }),
        named: () => window.setTimeout('window.ran=1', 0),
        policy: () =>
          (
            window as never as { trustedTypes: { createPolicy: (...of: unknown[]) => unknown } }
          ).trustedTypes.createPolicy('mine', {}),
        inline: () => document.createElement('div').setAttribute('onclick', 'window.ran=1'),
      };
      return Object.entries(ways).flatMap(([name, way]) => {
        try {
          way();
          return [name];
        } catch {
          return [];
        }
      });
    }, site);
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
    expect(made).toEqual([]);
    expect([hits, wrong, await page.evaluate('window.ran')]).toEqual([[], [], undefined]);
    // Text that is none stays as it was.
    expect(
      await page.evaluate(() => Object.assign(document.createElement('style'), { innerHTML: 'a > b {}' }).textContent),
    ).toBe('a > b {}');
    await page.close();
  });

  /** A page that tries all that pages elsewhere can try. */
  const attack = (target: string) => `<!doctype html><body><script>
    const bodies = { json: '{"name":"Evil","scopes":["admin"]}', form: 'name=Evil&scopes=admin' };
    const paths = ['/api/v1/api-keys', '/api/v1/me/sessions/end-others', '/api/v1/sign-out', '/api/v1/sending/pause',
      '/api/v1/people', '/api/v1/emails', '/api/v1/sign-in', '/api/v1/password-reset'];
    const tries = [];
    for (const path of paths) {
      const url = ${JSON.stringify(target)} + path;
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/json']) {
        for (const mode of ['no-cors', 'cors']) {
          for (const method of ['POST', 'PATCH', 'DELETE', 'GET']) {
            for (const more of [{}, { 'x-postern': '1' }]) {
              const init = { method, mode, credentials: 'include', headers: { 'content-type': type, ...more } };
              if (method !== 'GET') init.body = bodies.json;
              tries.push(fetch(url, init).then((reply) => reply.text()).catch(() => ''));
            }
          }
        }
      }
      tries.push(Promise.resolve(navigator.sendBeacon(url, new Blob([bodies.json], { type: 'text/plain' }))).then(() => ''));
      for (const enctype of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
        const frame = document.body.appendChild(document.createElement('iframe'));
        frame.name = path + enctype;
        const form = document.body.appendChild(document.createElement('form'));
        Object.assign(form, { action: url, method: 'post', enctype, target: frame.name });
        form.innerHTML = '<input name=\\'{"name":"Evil","scopes":["admin"],"x":"\\' value=\\'"}\\'>';
        form.submit();
      }
      document.body.appendChild(document.createElement('img')).src = url;
    }
    for (const path of ['/', '/api/v1/me', '/api/v1/people']) {
      const frame = document.body.appendChild(document.createElement('iframe'));
      frame.src = ${JSON.stringify(target)} + path;
    }
    Promise.all(tries).then((read) => {
      window.read = read.filter((text) => typeof text === 'string' && text !== '');
      setTimeout(() => document.body.append('done'), 500);
    });
  </script>`;
  const stateOf = async () => {
    const [keys, sessions, people, sending, emails] = await Promise.all(
      ['api-keys', 'me/sessions', 'people', 'sending', 'emails/count'].map((at) =>
        admin.call<{ data?: { id: string }[] }>('GET', `/api/v1/${at}`),
      ),
    );
    const ids = [keys, sessions, people].map((answer) => answer?.body.data?.map(({ id }) => id));
    // Alerts come and go by themselves.
    return JSON.stringify([ids, { ...sending?.body, alerts: [] }, emails?.body]);
  };

  it.each([
    ['on another site', 'localhost'],
    ['on another port of this site, where the cookie goes along', '127.0.0.1'],
  ])(
    'lets a page %s change nothing, read nothing and show none of ours',
    async (_, host) => {
      pages.set('/attack', attack(program.url));
      const before = await stateOf();
      const { page } = await openWatched();
      const shown: string[] = [];
      page.on('response', async (response) => {
        if (!response.url().startsWith(program.url)) return;
        if (response.headers()['access-control-allow-origin']) shown.push(`CORS: ${response.url()}`);
        if (response.headers()['set-cookie']) shown.push(`cookie: ${response.url()}`);
        if (response.request().method() !== 'GET' && response.status() < 300) shown.push(`done: ${response.url()}`);
      });
      await page.goto(`${evilAt(host)}/attack`);
      await page.getByText('done').waitFor({ timeout: 30_000 });
      expect(await page.evaluate('window.read')).toEqual([]);
      const ours = page.frames().filter((frame) => frame.url().startsWith(program.url));
      expect(ours.map((frame) => frame.url())).toEqual([]);
      expect(shown).toEqual([]);
      expect(await stateOf()).toBe(before);
      await page.close();
    },
    60_000,
  );
});
