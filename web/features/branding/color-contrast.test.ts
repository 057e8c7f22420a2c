import { expect, it } from 'vitest';
import { contrastOf, isColor, textOn } from './color-contrast.ts';

it('knows the contrasts that WCAG defines', () => {
  expect(contrastOf('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrastOf('#777777', '#FFFFFF')).toBeCloseTo(4.48, 2);
});

it('chooses the text that reads better', () => {
  expect([textOn('#0f766e'), textOn('#fde047')]).toEqual(['#fdfefe', '#1b2222']);
});

it.each([
  ['#0F766e', true],
  ['#fff', false],
  ['red', false],
])('%s is a colour: %s', (text, is) => {
  expect(isColor(text)).toBe(is);
});
