/**
 * What a template's preview shows is what a server is handed: in the real program, for every From there can be, with the
 * message read out of the sandbox.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxMessage } from '../contracts/sandbox.ts';
import type { SmtpSettings } from '../contracts/smtp-settings.ts';
import type { Template } from '../contracts/template.ts';
import type { TemplatePreview } from '../contracts/template-preview.ts';
import { onePoint } from '../server/template/test-data.ts';
import { type ApiClient, signIn } from './support/api-client.ts';
import { administratorEnv, type Program, startProgram } from './support/program.ts';

const variables = { number: 'Ä-7 <b> & “8”', total: { amount: 123_456, currency: 'EUR' }, due_on: '2026-12-24' };
const template = {
  name: 'Due',
  subject: '{{ number }} is due on {{ due_on | date }}',
  source:
    '<mj-section><mj-column><mj-text>Pay {{ total }} for {{ number }}. – 日本</mj-text>\n<mj-button href="https://example.com/?n={{ number | url_encode }}">Pay</mj-button></mj-column></mj-section>',
  variables: [
    { name: 'number', type: 'text', sample: 'A-1' },
    { name: 'total', type: 'money', sample: { amount: 1, currency: 'EUR' } },
    { name: 'due_on', type: 'date', sample: '2026-12-01' },
  ],
  variants: [
    {
      language: 'de',
      subject: '{{ number }} ist fällig',
      source: '<mj-section><mj-column><mj-text>{{ total }} bis {{ due_on | date }}</mj-text></mj-column></mj-section>',
    },
  ],
};
const froms = ['', 'Ship'].flatMap((from_name) =>
  ['', 'ship@example.com'].map((from_email) => ({ from_name, from_email })),
);
const explicits = [undefined, 'Ada Lovelace <ada@example.com>', 'bob@example.com'];

describe('the message that a template makes', () => {
  let program: Program;
  let api: ApiClient;
  let settings: SmtpSettings;
  beforeAll(async () => {
    program = await startProgram({ env: { ...administratorEnv, POSTERN_SANDBOX_PORT: '0' } });
    api = await signIn(program.url);
    const made = await api.call<SmtpSettings>('POST', '/api/v1/sandbox/smtp-settings', {});
    settings = made.body;
    await api.call('PATCH', '/api/v1/branding', {
      company_name: 'Müller & Co',
      footer: 'One\nTwo <3',
      color: '#123456',
    });
    await api.call('POST', '/api/v1/branding/logo', { content: onePoint.toString('base64') });
  });
  afterAll(async () => {
    await program.stop();
    program.remove();
  });

  /** Sends, and reads what arrived. */
  const send = async (body: object): Promise<SandboxMessage> => {
    const { body: sent, status } = await api.call('POST', '/api/v1/emails', body);
    expect(status, JSON.stringify(sent)).toBe(200);
    const list = async () =>
      (await api.call<{ data: { id: string }[] }>('GET', '/api/v1/sandbox/messages')).body.data[0]?.id;
    await expect.poll(list, { timeout: 20_000, interval: 50 }).toBeDefined();
    const { body: message } = await api.call<SandboxMessage>('GET', `/api/v1/sandbox/messages/${await list()}`);
    await api.call('DELETE', '/api/v1/sandbox/messages');
    return message;
  };
  const plain = (text: string | null) => text?.replace(/\r\n/g, '\n').trim();

  for (const fromName of ['', 'Office']) {
    it.each(froms)(
      `is its preview: From of the template “$from_name” <$from_email>, of the settings “${fromName}”`,
      async (from) => {
        await api.call('PATCH', `/api/v1/smtp-settings/${settings.id}`, {
          fromName,
          replyTo: fromName && 'help@example.com',
        });
        const key = `due-${fromName.toLowerCase()}${from.from_name.toLowerCase()}${from.from_email.length}`;
        const { body: made, status } = await api.call<Template>('POST', '/api/v1/templates', {
          ...template,
          ...from,
          key,
          name: key,
        });
        expect(status).toBe(201);
        for (const explicit of explicits) {
          for (const language of ['en', 'de']) {
            const given = { language, ...(explicit && { from: explicit }) };
            const preview = (
              await api.call<TemplatePreview>('POST', `/api/v1/templates/${made.id}/preview`, { variables, ...given })
            ).body;
            expect(preview.problems).toEqual([]);
            const message = await send({
              to: 'eve@example.com',
              template: { key, variables, language },
              ...(explicit && { from: explicit }),
            });
            const { name, address } = preview.from!;
            expect(message.from).toBe(name === '' ? address : `${name} <${address}>`);
            expect(message.mailFrom).toBe(address);
            expect(message.subject).toBe(preview.subject);
            expect(message.replyTo).toEqual(preview.reply_to === '' ? [] : [preview.reply_to]);
            expect(plain(message.html)).toBe(plain(preview.html));
            expect(plain(message.text)).toBe(plain(preview.text));
            expect(message.html).toContain(`data:image/png;base64,${onePoint.toString('base64')}`);
          }
        }
      },
      60_000,
    );
  }

  it('is found in the log by its template, and tells its version', async () => {
    const { body } = await api.call<{ data: { tags: object[] }[] }>('GET', '/api/v1/emails?q=template:due-ship0');
    expect(body.data.length).toBe(6);
    expect(body.data[0]!.tags).toEqual([
      { name: 'template', value: 'due-ship0' },
      { name: 'template_version', value: '1' },
    ]);
  });

  it('of a secret template is read by nobody in the log', async () => {
    const link = 'https://example.com/reset#kanarienvogel';
    const sent = await send({
      to: 'eve@example.com',
      template: { key: 'password-reset', variables: { email: 'eve@example.com', link, expires_minutes: 30 } },
    });
    expect(sent.text).toContain(link);
    const { body } = await api.call<{ data: { id: string; is_secret: boolean }[] }>('GET', '/api/v1/emails');
    const [newest] = body.data;
    expect(newest!.is_secret).toBe(true);
    const read = await api.call('GET', `/api/v1/emails/${newest!.id}`);
    expect(JSON.stringify(read.body)).not.toContain('kanarienvogel');
    expect((await api.call('GET', `/api/v1/emails/${newest!.id}/source`)).status).toBe(403);
    expect(program.readOutput()).not.toContain('kanarienvogel');
  });
});
