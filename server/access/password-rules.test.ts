import { describe, expect, it } from 'vitest';
import { findPasswordFault } from './password-rules.ts';

const ada = { name: 'Ada Lovelace', email: 'ada@example.com' };

describe('password rules', () => {
  it.each(['correct battery staple', 'Zwölf Boxkämpfer jagen', 'xk7Qp2mLr9Tw', 'ada likes long country walks'])(
    'takes %s',
    (password) => expect(findPasswordFault(password, ada)).toBeNull(),
  );

  it.each([
    ['Password1234', 'list'],
    ['ADMINISTRATOR', 'list'],
    ['aaaaaaaaaaaa', 'pattern'],
    ['121212121212', 'pattern'],
    ['123456789012', 'pattern'],
    ['210987654321', 'pattern'],
    ['abcdefghijklmnop', 'list|pattern'],
    ['ada@example.com', 'name'],
    ['AdaLovelace1!', 'name'],
    ['ada lovelace', 'name'],
    ['postern12345', 'name'],
  ])('refuses %s', (password, why) => {
    expect(findPasswordFault(password, ada)).toMatch(new RegExp(why));
  });

  it('does not repeat the password in what it says', () => {
    expect(findPasswordFault('adalovelace99', ada)).not.toContain('adalovelace99');
  });
});
