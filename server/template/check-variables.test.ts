import { describe, expect, it } from 'vitest';
import type { TemplateVariable, VariableType } from '../../contracts/template.ts';
import { checkVariables, findFault } from './check-variables.ts';

const declare = (name: string, type: VariableType, required = true): TemplateVariable => ({
  name,
  type,
  required,
  description: '',
});

describe('variables of a message', () => {
  it('names each that is missing or of another type, with its path', () => {
    const declared = [declare('number', 'text'), declare('total', 'money'), declare('due_on', 'date')];
    const checked = checkVariables(declared, { total: 12.5, due_on: '2026-02-30' });
    expect(!checked.ok && checked.problems.map(({ path, code }) => `${path} ${code}`)).toEqual([
      'template.variables.number required',
      'template.variables.total invalid_type',
      'template.variables.due_on invalid_type',
    ]);
  });

  it('makes null of what is optional and not given, and leaves out what is not declared', () => {
    const checked = checkVariables([declare('note', 'text', false)], { other: 'x', toString: 'y' } as never);
    expect(checked).toEqual({ ok: true, variables: { note: null } });
  });

  it('does not take what every object has for a variable', () => {
    expect(checkVariables([declare('constructor', 'text')], {}).ok).toBe(false);
  });

  const right: [VariableType, unknown][] = [
    ['text', ''],
    ['text', 'two\nlines\tand a tab'],
    ['number', -1.5],
    ['money', { amount: 1250, currency: 'EUR' }],
    ['money', { amount: '12.50', currency: 'EUR' }],
    ['date', '2026-12-24'],
    ['date', '2026-12-24T08:00:00+01:00'],
    ['date', '2028-02-29'],
    ['url', 'https://example.com/a?b=c#d'],
    ['url', 'mailto:ada@example.com'],
    ['boolean', false],
    ['list', []],
    ['object', {}],
  ];
  it.each(right)('takes as %s: %j', (type, value) => {
    expect(findFault(type, value)).toBeNull();
  });

  const wrong: [VariableType, unknown][] = [
    ['text', 1],
    ['text', 'a\u0000b'],
    ['text', 'a\u001b[31mb'],
    ['number', '1'],
    ['number', Number.NaN],
    ['money', 12.5],
    ['money', { amount: 12.5, currency: 'EUR' }],
    ['money', { amount: '12,50', currency: 'EUR' }],
    ['money', { amount: 1250, currency: 'euro' }],
    ['date', '2026-02-30'],
    ['date', '24.12.2026'],
    ['date', '2026-12-24T08:00:00'],
    ['url', 'javascript:alert(1)'],
    ['url', 'https://example.com/a b'],
    ['url', 'https://example.com/"onclick="x'],
    ['url', '/relative'],
    ['boolean', 'true'],
    ['list', {}],
    ['list', ['a\u0007']],
    ['object', []],
    ['object', null],
  ];
  it.each(wrong)('refuses as %s: %j', (type, value) => {
    expect(findFault(type, value)).not.toBeNull();
  });
});
