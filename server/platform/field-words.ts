/** What is wrong with a field and what to give instead, where the contract itself has no sentence for it. */
import type { z } from 'zod';

const kinds: Record<string, string> = {
  string: 'Give text.',
  number: 'Give a number.',
  int: 'Give a whole number.',
  boolean: 'Give true or false.',
  array: 'Give a list.',
  object: 'Give an object.',
  record: 'Give an object.',
};

const counted = (amount: unknown, origin: string): string =>
  origin === 'string' ? `${amount} characters` : origin === 'array' ? `${amount} entries` : `${amount}`;

/** For `safeParse(value, { error: describeIssue })`. Undefined leaves Zod's own words. */
export const describeIssue = (issue: z.core.$ZodRawIssue): string | undefined => {
  switch (issue.code) {
    case 'invalid_type':
      return kinds[String(issue.expected)];
    case 'too_big':
      return `At most ${counted(issue.maximum, issue.origin)}.`;
    case 'too_small':
      return `At least ${counted(issue.minimum, issue.origin)}.`;
    case 'invalid_format':
      return issue.format === 'datetime' ? 'Give a time such as 2026-12-24T08:00:00Z.' : undefined;
    case 'invalid_value':
      return `Give one of: ${issue.values.map(String).join(', ')}.`;
    case 'unrecognized_keys':
      return `There is no field ${issue.keys.map((key) => `"${key}"`).join(', ')}. Take it out, or look for its right name.`;
    default:
      return undefined;
  }
};
