import { describe, expect, it } from 'vitest';
import { fieldMessages } from './field-messages.ts';
import { ProblemError } from './problem-error.ts';

const refusal = (...fields: [path: string, message: string][]) =>
  new ProblemError({
    statusCode: 422,
    name: 'validation_error',
    message: 'The whole.',
    fields: fields.map(([path, message]) => ({ path, code: 'invalid', message })),
  });

describe('a refusal on a form', () => {
  it('stands at its field, also where it belongs to what lies beneath', () => {
    const { of, general } = fieldMessages(refusal(['contacts.0.address', 'No address.']), ['name', 'contacts.0']);
    expect([of('contacts.0'), of('name'), general]).toEqual(['No address.', null, null]);
  });

  it('is said as a whole where the form has no place for it', () => {
    const { general } = fieldMessages(refusal(['name', 'Taken.'], ['account', 'Closed.']), ['name']);
    expect(general?.message).toBe('Closed.');
  });

  it('takes line 1 and line 10 for two', () => {
    const { of } = fieldMessages(refusal(['lines.10.quantity', 'Ten.']), ['lines.1', 'lines.10']);
    expect([of('lines.1'), of('lines.10')]).toEqual([null, 'Ten.']);
  });

  it('leaves a failure that names no field as it is', () => {
    const away = new Error('No answer.');
    expect(fieldMessages(away, ['name']).general).toBe(away);
    expect(fieldMessages(null, ['name']).general).toBeNull();
  });
});
