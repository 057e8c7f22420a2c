/** Values that may stand in a header. What cannot is refused with the name of its field, never repaired or cut in silence. */

export type ValueFault =
  | 'control-character'
  | 'not-well-formed'
  | 'not-an-address'
  | 'not-allowed'
  | 'too-long'
  | 'missing';

/** A value of a mail that cannot be written safely. `message` names the repair and never repeats the value. */
export class MailValueError extends Error {
  /** Dotted: `to.0.address`, `attachments.1.filename`. */
  readonly field: string;
  readonly fault: ValueFault;
  /** What to do, without the field: `give at most 250 characters`. */
  readonly repair: string;

  constructor(field: string, fault: ValueFault, repair: string) {
    super(`${field}: ${repair}`);
    this.name = 'MailValueError';
    this.field = field;
    this.fault = fault;
    this.repair = repair;
  }
}

// A line break of any kind would start a new header or command; U+0085, U+2028 and U+2029 become one in later decoders.
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** @throws MailValueError for C0 and C1 controls, DEL, line and paragraph separators, lone surrogates, and too many characters. */
export const requireHeaderText = (value: string, field: string, maxLength: number): string => {
  if (typeof value !== 'string') throw new MailValueError(field, 'not-allowed', 'give text');
  // Before anything looks at each character.
  if (value.length > maxLength) throw new MailValueError(field, 'too-long', `give at most ${maxLength} characters`);
  if (control.test(value)) {
    throw new MailValueError(field, 'control-character', 'remove line breaks and other control characters');
  }
  if (!value.isWellFormed()) {
    throw new MailValueError(field, 'not-well-formed', 'half of a surrogate pair stands alone; send whole characters');
  }
  return value;
};

export const isAscii = (value: string): boolean => /^[\x20-\x7e]*$/.test(value);
