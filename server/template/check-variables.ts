/** What a template is filled with, against what it declares: each fault is named, so that no customer's mail has a hole. */
import type { FieldProblem } from '../../contracts/problem.ts';
import type { TemplateVariables } from '../../contracts/submission.ts';
import type { TemplateVariable, VariableType } from '../../contracts/template.ts';
import { isDate, isMoney } from './format-values.ts';

export type FilledVariables = { ok: true; variables: TemplateVariables } | { ok: false; problems: FieldProblem[] };

/** What was not declared is left out; what is optional and not given is null. */
export const checkVariables = (
  declared: readonly TemplateVariable[],
  given: TemplateVariables,
  path = 'template.variables',
): FilledVariables => {
  const problems: FieldProblem[] = [];
  const variables: TemplateVariables = {};
  for (const { name, type, required, description } of declared) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    const about = description === '' ? '' : ` (${description})`;
    if (value === undefined || value === null) {
      variables[name] = null;
      if (!required) continue;
      problems.push({
        path: `${path}.${name}`,
        code: 'required',
        message: `The template needs ${name}${about}. Give ${shapes[type]}.`,
      });
      continue;
    }
    const fault = findFault(type, value);
    if (fault) problems.push({ path: `${path}.${name}`, code: 'invalid_type', message: `${name}${about}: ${fault}` });
    variables[name] = value;
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, variables };
};

/** Null: the value is of the type. Else the repair. */
export const findFault = (type: VariableType, value: unknown): string | null => {
  if (!isOfType[type](value)) return `give ${shapes[type]}.`;
  return hasControl(value, 0) ? 'remove control characters.' : null;
};

const shapes: Record<VariableType, string> = {
  text: 'a text',
  number: 'a number',
  money:
    'an amount such as {"amount": 1250, "currency": "EUR"} (minor units) or {"amount": "12.50", "currency": "EUR"}',
  date: 'a day such as 2026-12-24, or a time such as 2026-12-24T08:00:00Z',
  url: 'an address that begins with https://, http:// or mailto:',
  boolean: 'true or false',
  list: 'a list, in [ ]',
  object: 'an object, in { }',
};

const isOfType: Record<VariableType, (value: unknown) => boolean> = {
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  money: isMoney,
  date: isDate,
  url: (value) => typeof value === 'string' && /^(https?:\/\/|mailto:)[^\s"'<>\\`]+$/i.test(value),
  boolean: (value) => typeof value === 'boolean',
  list: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

const deepest = 20;

/** Line breaks and tabs are text; in a subject they are refused when it is rendered. */
function hasControl(value: unknown, depth: number): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point
  if (typeof value === 'string') return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(value);
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= deepest) return true;
  return Object.values(value).some((inner) => hasControl(inner, depth + 1));
}
