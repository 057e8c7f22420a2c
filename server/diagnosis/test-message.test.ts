import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { composeTestMessage, type TestMessage } from './test-message.ts';

const test: TestMessage = {
  settings: {
    name: 'Büro <b>&',
    host: 'smtp.example.com',
    port: 587,
    fromName: 'Müller, Jörg',
    fromEmail: 'hub@example.com',
    replyTo: 'help@example.com',
  },
  to: 'ann@example.com',
  requestedBy: 'ann@example.com',
  now: new Date('2026-11-22T10:44:05.123Z'),
  messageId: '<1@example.com>',
};
const read = (message: TestMessage) => PostalMime.parse(composeTestMessage(message));

describe('the test message', () => {
  it('names the settings in its subject and carries their From and Reply-To', async () => {
    const mail = await read(test);
    expect(mail.subject).toBe('Postern test: Büro <b>& works');
    expect(mail.from).toMatchObject({ name: 'Müller, Jörg', address: 'hub@example.com' });
    expect(mail.replyTo).toMatchObject([{ address: 'help@example.com' }]);
    expect(mail.to).toMatchObject([{ address: 'ann@example.com' }]);
    expect(mail.messageId).toBe('<1@example.com>');
  });

  it('says the server, who asked, when, and that nothing needs doing', async () => {
    const { text } = await read(test);
    expect(text).toContain('smtp.example.com, port 587');
    expect(text).toContain('Asked for by:  ann@example.com');
    expect(text).toContain('Sunday 22 November 2026 at 10:44 UTC (2026-11-22T10:44:05.123Z)');
    expect(text).toContain('Nothing needs doing.');
  });

  it('shows a name that looks like markup as text', async () => {
    const { html } = await read(test);
    expect(html).toContain('Büro &lt;b&gt;&amp;');
    expect(html).not.toContain('<b>');
  });

  it.each<[string, Partial<TestMessage['settings']>]>([
    ['fromEmail', { fromEmail: 'a@192.0.2.1' }],
    ['fromName', { fromName: 'a\r\nBcc: eve@evil.example' }],
    ['replyTo', { replyTo: 'x＠y@example.com' }],
    ['name', { name: 'half \ud800' }],
  ])('names the field %s of the form when its value cannot be in a mail', (field, change) => {
    expect(() => composeTestMessage({ ...test, settings: { ...test.settings, ...change } })).toThrow(
      expect.objectContaining({ name: 'MailValueError', field }),
    );
  });

  it('calls a draft without a name by its host, and leaves Reply-To out where there is none', async () => {
    const mail = await read({ ...test, settings: { ...test.settings, name: '', replyTo: '' } });
    expect(mail.subject).toBe('Postern test: smtp.example.com works');
    expect(mail.replyTo).toBeUndefined();
  });
});
