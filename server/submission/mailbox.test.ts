import { describe, expect, it } from 'vitest';
import { MailValueError } from '../mime/mail-value.ts';
import { formatMailbox, parseMailbox } from './mailbox.ts';

const read = (text: string) => {
  const { name, address } = parseMailbox(text, 'to.0');
  return [name, address];
};

describe('a mailbox', () => {
  it.each([
    ['ada@example.com', '', 'ada@example.com'],
    ['  ada@example.com ', '', 'ada@example.com'],
    ['<ada@example.com>', '', 'ada@example.com'],
    ['Ada Lovelace <ada@example.com>', 'Ada Lovelace', 'ada@example.com'],
    ['"Lovelace, Ada" <ada@example.com>', 'Lovelace, Ada', 'ada@example.com'],
    ['"Ada \\"Countess\\"" <ada@example.com>', 'Ada "Countess"', 'ada@example.com'],
    ['"ada@other.example" <ada@example.com>', 'ada@other.example', 'ada@example.com'],
    ['Jörg <jörg@exämple.com>', 'Jörg', 'jörg@xn--exmple-cua.com'],
    ['Ada.B@EXAMPLE.Com', '', 'Ada.B@example.com'],
  ])('%s is read', (text, name, address) => {
    expect(read(text)).toEqual([name, address]);
  });

  it.each([
    [''],
    ['ada'],
    ['ada@example.com, bob@example.com'],
    ['ada@example.com <bob@example.com>'],
    ['Team: ada@example.com;'],
    ['ada(comment)@example.com'],
    ['ada@example.com (comment)'],
    ['"a b"@example.com'],
    ['ada@[127.0.0.1]'],
    ['Ada <ada@example.com> <bob@example.com>'],
    ['A "b" c <ada@example.com>'],
    ['ada@example.com\r\nBcc: bob@example.com'],
    ['Ada\u2028 <ada@example.com>'],
    [`${'x'.repeat(65)}@example.com`],
  ])('%j is refused with the name of its field', (text) => {
    expect(() => parseMailbox(text, 'to.0')).toThrowError(
      expect.objectContaining({ name: MailValueError.name, field: 'to.0' }),
    );
  });

  it('is written as a person reads it', () => {
    expect(formatMailbox({ name: 'Ada', address: 'ada@example.com' })).toBe('Ada <ada@example.com>');
    expect(formatMailbox({ name: '', address: 'ada@example.com' })).toBe('ada@example.com');
  });
});
