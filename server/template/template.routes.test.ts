import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { smtpSettingsDefaults } from '../../contracts/smtp-settings.ts';
import { databases } from '../../test/support/databases.ts';
import { openBrandingStore } from '../branding/branding.store.ts';
import type { Database } from '../database/open.ts';
import { systemClock } from '../platform/clock.ts';
import { type Caller, openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { openPasswordKeys } from '../smtp-settings/password-key.store.ts';
import { openSmtpSettingsStore, type SmtpSettingsStore } from '../smtp-settings/smtp-settings.store.ts';
import { submitMessage } from '../submission/submit-message.ts';
import { email, type HeldStore, openHeldStore, readBytes } from '../submission/test-data.ts';
import { builtInUses } from './built-in-templates.ts';
import { openShownPreviews } from './shown-previews.ts';
import { addTemplateRoutes } from './template.routes.ts';
import { openTemplateStore, type TemplateStore } from './template.store.ts';
import { openTemplateRunner, type TemplateRunner } from './template-runner.worker.ts';
import { builtIns, content, patientLimits } from './test-data.ts';
import { useTemplate } from './use-template.ts';

const url = '/api/v1/templates';
const ada: Caller = {
  kind: 'person',
  id: 'u',
  name: 'Ada',
  email: 'ada@example.com',
  role: 'administrator',
  sessionId: 's',
};
const input = (change: Record<string, unknown> = {}) => ({ key: 'shipped', ...content(), ...change });

describe.each(databases)('templates over HTTP on $kind', ({ open }) => {
  let compiler: TemplateRunner;
  let runner: TemplateRunner;
  let database: Database;
  let app: ReturnType<typeof openHttpApp>;
  let caller: Caller;
  let settings: SmtpSettingsStore;
  let store: TemplateStore;
  let held: HeldStore;
  let parts: Parameters<typeof submitMessage>[0];
  let dataFolder: string;
  const ask = async (method: 'GET' | 'PATCH' | 'POST' | 'DELETE', at: string, payload?: object, headers = {}) => {
    const reply = await app.inject({
      method,
      url: url + at,
      headers: { host: 'localhost', ...headers },
      ...(payload && { payload }),
    });
    return { status: reply.statusCode, headers: reply.headers, json: reply.body ? reply.json() : null };
  };
  const paths = (reply: { json: { fields: { path: string }[] } }) => reply.json.fields.map((field) => field.path);
  const add = async (change = {}) => (await ask('POST', '', input(change))).json;
  const submit = (template: object, more: Record<string, unknown> = {}) =>
    submitMessage(parts, {
      emails: [email({ subject: '', text: undefined, template, ...more })],
      key: null,
      callerId: 'c',
      submittedBy: 'api key shop',
    });

  beforeAll(() => {
    [compiler, runner] = [openTemplateRunner('compile', patientLimits), openTemplateRunner('render', patientLimits)];
  });
  afterAll(() => Promise.all([compiler.close(), runner.close()]));
  beforeEach(async () => {
    dataFolder = mkdtempSync(path.join(os.tmpdir(), 'postern-keys-'));
    database = await open();
    const keys = await openPasswordKeys(database, { dataFolder, secretKey: null }, systemClock);
    settings = openSmtpSettingsStore(database, keys, systemClock);
    store = openTemplateStore(database, systemClock);
    const branding = openBrandingStore(database, systemClock);
    held = openHeldStore();
    caller = ada;
    parts = {
      store: held,
      settings: settings.directory,
      templates: { render: (use) => useTemplate(use, { store, branding, runner, compiler }) },
      clock: systemClock,
      breathe: async () => {},
    };
    app = openHttpApp({ logger: pino({ level: 'silent' }), publicUrl: 'http://localhost:1', listenHost: '127.0.0.1' });
    const router = openRouter(app, { authenticate: async () => caller, authorise: () => {} });
    addTemplateRoutes(router, {
      store,
      branding,
      settings: settings.directory,
      compiler,
      builtIns,
      usedBy: builtInUses,
      shown: openShownPreviews(systemClock),
      submit: (submission) => submitMessage(parts, submission),
    });
    const fields = {
      ...smtpSettingsDefaults,
      name: 'Office',
      host: 'h.example.com',
      port: 25,
      fromName: 'Office',
      fromEmail: 'office@example.com',
    };
    await settings.create(fields, undefined, 'x');
  });
  afterEach(async () => {
    await app.close();
    await database.close();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  it('adds, reads, changes on the version that was read, and deletes', async () => {
    const created = await ask('POST', '', input());
    expect([created.status, created.headers.location, created.headers.etag]).toEqual([
      201,
      `${url}/${created.json.id}`,
      '"1"',
    ]);
    expect(created.json).toMatchObject({
      ...content(),
      key: 'shipped',
      languages: ['en'],
      smtp_settings: null,
      version: 1,
    });
    const at = `/${created.json.id}`;
    expect((await ask('GET', at)).json).toEqual(created.json);
    const changed = await ask('PATCH', at, { subject: 'Now {{ number }}' }, { 'if-match': '"1"' });
    expect(changed.json).toMatchObject({ subject: 'Now {{ number }}', source: content().source, version: 2 });
    const late = await ask('PATCH', at, { subject: 'Late', version: 1 });
    expect([late.status, late.json.name, late.json.current.subject]).toEqual([
      412,
      'version_conflict',
      'Now {{ number }}',
    ]);
    expect((await ask('GET', `${at}/usage`)).json).toEqual({ data: [] });
    expect([(await ask('DELETE', at)).status, (await ask('GET', at)).status]).toEqual([204, 404]);
  });

  const refusals: [string, Record<string, unknown>, number, string[]][] = [
    ['a key with capitals', { key: 'Shipped' }, 422, ['key']],
    ['Liquid that is not closed', { source: '{% if a %}' }, 422, ['source']],
    ['a variable that is not declared', { source: '{{ other }}' }, 422, ['source']],
    [
      'a sample of another type',
      { variables: [{ name: 'number', type: 'number', sample: 'x' }] },
      422,
      ['variables.number'],
    ],
    [
      'a variable named as what is always there',
      { variables: [{ name: 'brand', type: 'text' }] },
      422,
      ['variables.0.name'],
    ],
    [
      'two variables of one name',
      {
        variables: [
          { name: 'a', type: 'text' },
          { name: 'a', type: 'url' },
        ],
      },
      422,
      ['variables'],
    ],
    [
      'two variants of one language',
      {
        variants: [
          { language: 'de', subject: 'a', source: 'b' },
          { language: 'DE', subject: 'a', source: 'b' },
        ],
      },
      422,
      ['variants'],
    ],
    [
      'a fault in a variant',
      { variants: [{ language: 'de', subject: '{{', source: 'b' }] },
      422,
      ['variants.0.subject'],
    ],
    ['settings that do not exist', { smtp_settings_id: 'smtp_00000000000000000000000009' }, 422, ['smtp_settings_id']],
    ['a line break in From', { from_name: 'a\r\nBcc: b' }, 422, ['from_name']],
    ['a key that is taken', { key: 'taken' }, 409, ['key']],
  ];
  it.each(refusals)('refuses %s, names the field, and nothing else happens', async (_, change, status, expected) => {
    await add({ key: 'taken' });
    const reply = await ask('POST', '', input(change));
    expect([reply.status, paths(reply)]).toEqual([status, expected]);
    expect((await ask('GET', '')).json.data).toHaveLength(1);
  });

  it('keeps each version, and makes an older one the newest', async () => {
    const { id } = await add();
    await ask('PATCH', `/${id}`, { source: '<p>Second {{ number }}</p>' });
    const restored = await ask('POST', `/${id}/versions/1/restore`, {});
    expect(restored.json).toMatchObject({ version: 3, source: content().source });
    const { data } = (await ask('GET', `/${id}/versions`)).json;
    expect(data.map((one: { version: number; reason: string }) => `${one.version} ${one.reason}`)).toEqual([
      '3 restored from 1',
      '2 changed',
      '1 created',
    ]);
    expect((await ask('GET', `/${id}/versions/2`)).json.content.source).toContain('Second');
    expect((await ask('GET', `/${id}/versions/9`)).status).toBe(404);
  });

  it('duplicates under another key', async () => {
    const { id } = await add();
    const copy = await ask('POST', `/${id}/duplicate`, { key: 'shipped-again' });
    expect(copy.json).toMatchObject({
      key: 'shipped-again',
      name: 'Order shipped (copy)',
      version: 1,
      source: content().source,
    });
    expect((await ask('POST', `/${id}/duplicate`, { key: 'shipped-again' })).status).toBe(409);
  });

  it('resets a built-in template, and does not delete it', async () => {
    await store.bring(builtIns);
    const { data } = (await ask('GET', '?filter=password-reset')).json;
    const at = `/${data[0].id}`;
    expect((await ask('DELETE', at)).status).toBe(409);
    expect((await ask('GET', `${at}/usage`)).json.data).toHaveLength(1);
    await ask('PATCH', at, { subject: 'Mine' });
    expect((await ask('GET', at)).json).toMatchObject({ subject: 'Mine', is_changed: true });
    const reset = await ask('POST', `${at}/reset`, {});
    expect(reset.json).toMatchObject({ subject: 'Choose a new password', is_changed: false, version: 3 });
    expect((await ask('POST', `${at}/reset`, {})).json.version).toBe(3);
    expect((await ask('POST', `/${(await add()).id}/reset`, {})).status).toBe(409);
  });

  it('previews a draft whatever is wrong with it, and says what', async () => {
    const preview = async (template: object, more = {}) => (await ask('POST', '/preview', { template, ...more })).json;
    const good = await preview(content(), { variables: { number: 'B<2' } });
    expect(good).toMatchObject({
      subject: 'Order B<2',
      language: 'en',
      lane: 'normal',
      problems: [],
      smtp_settings: { name: 'Office' },
    });
    expect(good.html).toContain('Order B&lt;2 is on its way.');
    expect(good.text).toContain('Order B<2 is on its way.');
    expect(good.from).toMatchObject({ name: 'Office', address: 'office@example.com', name_source: 'settings' });
    const frame = await app.inject({ url: good.html_path, headers: { host: 'localhost' } });
    expect(frame.headers['content-security-policy']).toContain("sandbox; default-src 'none'");
    expect(frame.body).toContain(good.html);
    expect(frame.headers['content-security-policy']).toContain('img-src data:');
    const bare = await app.inject({ url: `${good.html_path}?images=off`, headers: { host: 'localhost' } });
    expect(bare.headers['content-security-policy']).toContain("img-src 'none'");
    const branded = await preview(content(), {
      branding: { company_name: 'Not saved Ltd', color: '#123456' },
    });
    expect(branded.html).toContain('Not saved Ltd');
    expect((await preview(content())).html).not.toContain('Not saved Ltd');
    const empty = await preview({});
    expect([empty.subject, empty.problems.length > 0]).toEqual([null, true]);
    const bad = await preview(
      content({
        source: '<img src="https://x.example/a.png"><a href="">x</a>{{ number }}',
        variables: [
          { name: 'number', type: 'text', sample: 'a' },
          { name: 'unused', type: 'text', sample: 'a' },
        ],
      }),
    );
    expect(bad.problems.map(({ code }: { code: string }) => code).toSorted()).toEqual([
      'external_image',
      'link',
      'missing_alt',
      'unused',
    ]);
  });

  it('sends a test to whoever asks, ahead of all others, with samples for what is not given', async () => {
    const { id } = await add();
    const sent = await ask('POST', `/${id}/test`, {});
    expect(sent.json.to).toBe('ada@example.com');
    const [message] = held.submissions[0]!.messages;
    expect(message).toMatchObject({
      id: sent.json.id,
      lane: 'urgent',
      subject: 'Order A-1',
      submittedBy: 'ada@example.com',
    });
    caller = { kind: 'key', id: 'k', name: 'shop', scopes: ['admin'] };
    expect(paths(await ask('POST', `/${id}/test`, {}))).toEqual(['to']);
  });

  it('makes a submission’s message, and says of which version', async () => {
    const id = (await add({ from_name: 'Shop', reply_to: 'help@example.com', lane: 'bulk' })).id;
    await ask('PATCH', `/${id}`, { source: '<p>{{ number }} &amp; more</p>' });
    for (const name of [{ key: 'shipped' }, { id }]) {
      expect(
        (await submit({ ...name, variables: { number: '7 < 8' } }, { tags: [{ name: 'a', value: 'b' }] })).outcome,
      ).toBe('accepted');
    }
    const [message] = held.submissions[0]!.messages;
    expect(message).toMatchObject({
      subject: 'Order 7 < 8',
      headerFrom: 'Shop <office@example.com>',
      lane: 'bulk',
      attachmentCount: 0,
      tags: [
        { name: 'a', value: 'b' },
        { name: 'template', value: 'shipped' },
        { name: 'template_version', value: '2' },
      ],
    });
    expect(readBytes(message!).toString()).toMatch(/Reply-To: help@example\.com/);
  });

  it('names every variable that is missing or wrong, and nothing is accepted', async () => {
    await add({
      variables: [...content().variables, { name: 'total', type: 'money' }],
      source: '{{ number }} {{ total }}',
    });
    const outcome = await submit({ key: 'shipped', variables: { total: 12 } });
    expect(outcome).toMatchObject({
      outcome: 'refused',
      refusals: [
        {
          place: 0,
          problems: [
            { path: 'template.variables.number', code: 'required' },
            { path: 'template.variables.total', code: 'invalid_type' },
          ],
        },
      ],
    });
    expect(held.submissions).toEqual([]);
  });

  it('refuses a hole inside a list, a line break in a subject, and a template that there is none of', async () => {
    await add({
      variables: [
        { name: 'number', type: 'text' },
        { name: 'lines', type: 'list' },
      ],
      source: '{% for line in lines %}{{ line.price }}{% endfor %}{{ number }}',
    });
    const problems = async (template: Record<string, unknown>) => {
      const outcome = await submit(template);
      return outcome.outcome === 'refused' ? outcome.refusals[0]!.problems.map(({ path }) => path) : outcome.outcome;
    };
    expect(await problems({ key: 'shipped', variables: { number: 'a', lines: [{ price: 1 }, { cost: 2 }] } })).toEqual([
      'template.variables.line.price',
    ]);
    expect(await problems({ key: 'shipped', variables: { number: 'a\r\nBcc: b@example.com', lines: [] } })).toEqual([
      'template.variables',
    ]);
    expect(await problems({ key: 'other' })).toEqual(['template.key']);
    expect(held.submissions).toEqual([]);
  });

  it('keeps what belongs to the template out of the submission', async () => {
    await add();
    const outcome = await submit(
      { key: 'shipped', variables: { number: 'a' } },
      { subject: 'Mine', html: '<p>', text: 'x' },
    );
    expect(outcome.outcome === 'refused' && outcome.refusals[0]!.problems.map(({ path }) => path)).toEqual([
      'subject',
      'html',
      'text',
    ]);
  });

  it('does not compile what Postern brings, so that nobody waits for it', async () => {
    await store.bring(builtIns);
    const compile = () => Promise.reject(new Error('asked to compile'));
    const parts = { store, branding: openBrandingStore(database, systemClock), runner, compiler: { compile } };
    const variables = { email: 'a@example.com', link: 'https://x.example/#token', expires_minutes: 30 };
    expect(await useTemplate({ key: 'password-reset', variables }, parts)).toMatchObject({ ok: true });
  });

  it('makes secret messages of secret templates, in the language that is wanted', async () => {
    await store.bring(builtIns);
    const variables = { email: 'a@example.com', link: 'https://x.example/#token', expires_minutes: 30 };
    await submit({ key: 'password-reset', variables, language: 'de-AT' });
    const [message] = held.submissions[0]!.messages;
    expect(message).toMatchObject({ isSecret: true, lane: 'urgent', subject: 'Neues Passwort wählen' });
    expect(JSON.stringify({ ...message, content: null })).not.toContain('token');
  });
});
