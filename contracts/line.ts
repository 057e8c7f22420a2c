/** Text that ends up in commands, header fields and tables. */
import { z } from 'zod';

/** No control character may reach a command or a header (RFC 5321 §4.1.2, RFC 5322 §2.2). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point
export const hasNoControl = (value: string) => !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value);

/** One line of text of at most `max` characters, without the space around it. */
export const line = (max: number) =>
  z
    .string()
    .trim()
    .max(max, `At most ${max} characters.`)
    .refine(hasNoControl, 'Remove line breaks and other control characters.');
