import { expect, it } from 'vitest';
import { NewPassword } from '../../contracts/access.ts';
import { passwordHint } from './password-hint.ts';

it.each([
  ['', false, 'At least 12 characters. A few words in a row are easy to remember.'],
  ['abc', false, '9 more characters needed.'],
  ['elevenchars', false, '1 more character needed.'],
  ['twelve chars', true, '12 characters: enough. Longer is better.'],
  ['correct horse battery', true, '21 characters: good.'],
])('says of %j what is missing', (password, isEnough, words) => {
  expect(passwordHint(password)).toEqual({ isEnough, words });
});

it('never calls enough what the contract refuses', () => {
  for (let length = 0; length <= 20; length += 1) {
    const password = 'x'.repeat(length);
    expect(passwordHint(password).isEnough).toBe(NewPassword.safeParse(password).success);
  }
});
