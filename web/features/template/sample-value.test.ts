import { expect, it } from 'vitest';
import { joinMoney, moneyParts, readSample, writeSample } from './sample-value.ts';

it.each([
  ['text', ' a ', ' a '],
  ['number', '12.5', 12.5],
  ['date', ' 2026-12-24 ', '2026-12-24'],
  ['boolean', 'false', false],
  ['money', '{"amount":1,"currency":"EUR"}', { amount: 1, currency: 'EUR' }],
  ['list', '["a"]', ['a']],
  ['object', '{"a":null}', { a: null }],
  ['list', '  ', undefined],
] as const)('reads the sample of a %s', (type, typed, value) => {
  expect(readSample(type, typed)).toEqual({ ok: true, value });
});

it.each([
  ['number', 'twelve'],
  ['boolean', 'yes'],
  ['list', '{}'],
  ['object', '[]'],
  ['object', '{'],
] as const)('says what the sample of a %s has to be', (type, typed) => {
  expect(readSample(type, typed)).toMatchObject({ ok: false, problem: expect.stringMatching(/^Give /) });
});

it.each(['a', 'false', 12, true, [1], { a: 1 }])('writes what it reads again: %j', (value) => {
  const type = Array.isArray(value)
    ? 'list'
    : ({ string: 'text', number: 'number', boolean: 'boolean', object: 'object' } as const)[typeof value as 'string'];
  expect(readSample(type, writeSample(value))).toEqual({ ok: true, value });
});

it('shows money as people write it, whatever its minor units are', () => {
  expect(moneyParts('{"amount":148750,"currency":"EUR"}')).toEqual({ amount: '1487.50', currency: 'EUR' });
  expect(moneyParts('{"amount":1250,"currency":"JPY"}')).toEqual({ amount: '1250', currency: 'JPY' });
  expect(joinMoney({ amount: '12,5', currency: 'eur' })).toBe('{"amount":"12.5","currency":"EUR"}');
  expect(joinMoney({ amount: ' ', currency: '' })).toBe('');
});
