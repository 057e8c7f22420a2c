import { expect, it } from 'vitest';
import type { Template } from '../../../contracts/template.ts';
import {
  changedFields,
  changesOf,
  checkDraft,
  draftOf,
  isDirty,
  keyFromName,
  newDraft,
  previewable,
} from './template-draft.ts';

const saved: Template = {
  id: 'tpl_01m81wmq8b5svcpp8bnr29ht7t',
  key: 'due',
  name: 'Due',
  subject: '{{ number }} is due',
  source: '<p>{{ number }}</p>',
  text: null,
  language: 'en',
  variants: [{ language: 'de', subject: 'Fällig', source: '<p>x</p>', text: 'x' }],
  variables: [
    { name: 'number', type: 'text', required: true, description: '', sample: 'A-1' },
    { name: 'total', type: 'money', required: false, description: 'All', sample: { amount: 1250, currency: 'EUR' } },
    { name: 'paid', type: 'boolean', required: false, description: '', sample: false },
  ],
  from_name: '',
  from_email: '',
  reply_to: '',
  smtp_settings_id: null,
  lane: 'normal',
  is_secret: false,
  format: 'html',
  smtp_settings: null,
  is_built_in: false,
  is_changed: false,
  languages: ['en', 'de'],
  version: 3,
  created_at: '2026-11-22T10:00:00.000Z',
  updated_at: '2026-11-22T10:00:00.000Z',
  updated_by: 'ada',
};

it('begins without changes, with samples that come back as they were', () => {
  expect(changedFields(draftOf(saved), saved)).toEqual([]);
  expect(isDirty(newDraft(), null)).toBe(false);
});

it('sends only what changed', () => {
  const draft = draftOf(saved);
  const words = draft.words.map((one) => (one.language === 'de' ? { ...one, subject: 'Offen' } : one));
  expect(changesOf({ ...draft, words, from_name: ' Billing ' }, saved)).toEqual({
    from_name: 'Billing',
    variants: [{ language: 'de', subject: 'Offen', source: '<p>x</p>', text: 'x' }],
  });
});

it('names what is wrong by the path of the API', () => {
  const draft = draftOf(saved);
  const checked = checkDraft({
    ...draft,
    name: ' ',
    from_email: 'nobody',
    words: draft.words.map((one) => ({ ...one, subject: '' })),
    variables: draft.variables.map((one) => (one.type === 'money' ? { ...one, name: 'Total', sample: '{' } : one)),
  });
  expect(Object.keys(checked.ok ? {} : checked.problems).toSorted()).toEqual([
    'from_email',
    'name',
    'subject',
    'variables.1.name',
    'variables.1.sample',
    'variants.0.subject',
  ]);
});

it('previews what is not finished', () => {
  const draft = draftOf(saved);
  const content = previewable({
    ...draft,
    from_email: 'nobody@',
    words: draft.words.map((one) => ({ ...one, subject: '', source: '' })),
    variables: [...draft.variables, { ...draft.variables[0]!, id: 0 }, { ...draft.variables[0]!, id: 0, name: '' }],
  });
  expect(content.from_email).toBe('');
  expect(content.variables.map(({ name }) => name)).toEqual(['number', 'total', 'paid']);
  expect(content.variants).toHaveLength(1);
});

it.each([
  ['Order shipped', 'order-shipped'],
  ['  Müller & Söhne: Größe ', 'muller-sohne-grosse'],
  ['日本', ''],
])('makes a key of “%s”', (name, key) => {
  expect(keyFromName(name)).toBe(key);
});
