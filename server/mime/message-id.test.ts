import { describe, expect, it } from 'vitest';
import { MailValueError } from './mail-value.ts';
import { createMessageId, requireMessageId } from './message-id.ts';

describe('a Message-ID', () => {
  it('is random, of the sender’s domain, and one that may be written', () => {
    const id = createMessageId('münchen.example');
    expect(id).toMatch(/^<[0-9a-f]{32}@xn--mnchen-3ya\.example>$/);
    expect(createMessageId('münchen.example')).not.toBe(id);
    expect(requireMessageId(id, 'messageId')).toBe(id);
  });

  it('is never of something that is no host name', () => {
    for (const domain of ['', 'a b', 'a>\r\nX: y', '192.0.2.1'])
      expect(() => createMessageId(domain)).toThrow(MailValueError);
  });

  it('is refused without brackets, with spaces, or when too long', () => {
    for (const id of ['a@b', '<a>', '<a b@c>', '<a@b> ', '<a@b>\n', `<${'a'.repeat(250)}@b>`, '<ä@b>']) {
      expect(() => requireMessageId(id, 'messageId'), id).toThrow(MailValueError);
    }
  });
});
