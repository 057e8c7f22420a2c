import { expect, it } from 'vitest';
import { marksOf } from './editor-marks.ts';

const problem = { severity: 'error', code: 'syntax', path: 'source', message: 'x' } as const;
const marked = (source: string, more: object) =>
  marksOf(source, [{ ...problem, line: null, ...more }]).map(({ from, to }) => source.slice(from, to));

it('marks the line that a finding names, without its indent', () => {
  expect(marked('a\n  {% if x %} \nb', { line: 2 })).toEqual(['{% if x %}']);
  expect(marked('a', { line: 7 })).toEqual([]);
});

it('marks the first place where Liquid uses what is not declared', () => {
  const message = 'due is used but not declared. Declare it among the variables, or take it out.';
  expect(marked('due {{ overdue }} {{ x.due }} {{ due | date }}', { code: 'undeclared', message })).toEqual(['due']);
  expect(marksOf('due {{ due }}', [{ ...problem, line: null, code: 'undeclared', message }])[0]?.from).toBe(7);
});

it('marks nothing for what belongs to no place', () => {
  expect(marked('a', { code: 'missing_alt' })).toEqual([]);
});
