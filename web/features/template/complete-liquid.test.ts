import { expect, it } from 'vitest';
import { completeLiquid, type KnownVariable } from './complete-liquid.ts';

const variables: KnownVariable[] = [
  { name: 'number', type: 'text', description: 'Of the invoice', sample: 'R-1' },
  {
    name: 'lines',
    type: 'list',
    description: '',
    sample: [{ description: 'x', amount: { amount: 1, currency: 'EUR' } }],
  },
];
const labels = (before: string, format: 'html' | 'mjml' | 'plain' = 'mjml', isAsked = true) =>
  completeLiquid(before, variables, format, isAsked)?.offers.map(({ label }) => label);

it.each([
  ['variables in an output', '<p>{{ nu', ['number', 'lines', 'brand', 'language']],
  ['variables after a comparison', '{% if number == ', ['number', 'lines', 'brand', 'language']],
  ['what is in a loop', '{% for line in lines %}{{ line.', ['description', 'amount']],
  ['what is in what is in a loop', '{% for line in lines %}{{ line.amount.', ['amount', 'currency']],
  ['what a list can be asked', '{{ lines.', ['size', 'first', 'last']],
])('offers %s', (_what, before, offers) => {
  expect(labels(before)).toEqual(offers);
});

it('offers the name of a loop inside it, and not after it', () => {
  expect(labels('{% for line in lines %}{{ ')?.[0]).toBe('line');
  expect(labels('{% for line in lines %}x{% endfor %}{{ ')).not.toContain('line');
});

it('offers filters after a bar, tags after an opening one, and Branding', () => {
  expect(labels('{{ number | mo')).toContain('money');
  expect(labels('{% ')).toContain('endif');
  expect(labels('{{ brand.')).toContain('company_name');
});

it('offers nothing where Liquid has ended, inside quotes, and no MJML in plain text', () => {
  expect(labels('{{ number }} and ')).toBeUndefined();
  expect(labels('{{ number | append: "x')).toBeUndefined();
  expect(labels('<mj-', 'plain')).toBeUndefined();
  expect(labels('<mj-')).toContain('mj-button');
});

it('says where the word begins that an offer replaces', () => {
  expect(completeLiquid('{{ num', variables, 'html', false)?.from).toBe(3);
  expect(completeLiquid('{{ brand.col', variables, 'html', false)?.from).toBe(9);
});
