import { expect, it } from 'vitest';
import { chooseLanguage } from './choose-language.ts';

const own = ['en', 'de', 'pt-BR'];

it.each([
  [undefined, 'en'],
  ['de', 'de'],
  ['DE', 'de'],
  ['de-AT', 'de'],
  ['de-Latn-AT', 'de'],
  ['pt', 'pt-BR'],
  ['pt-PT', 'pt-BR'],
  ['fr', 'en'],
  ['d', 'en'],
])('for %s a template in English, German and Brazilian Portuguese is rendered in %s', (wanted, expected) => {
  expect(chooseLanguage(own, wanted)).toBe(expected);
});
