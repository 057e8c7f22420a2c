/** Two versions of a template field by field; long texts line by line. */
import type { TemplateContent } from '../../../contracts/template.ts';
import { languageName } from './language-name.ts';
import { type DifferentLine, differLines } from './line-difference.ts';
import { fieldLabel } from './place-words.ts';

export type ContentDifference =
  | { label: string; before: string; after: string; lines: null }
  | { label: string; before: null; after: null; lines: DifferentLine[] };

const shortFields = [
  'name',
  'from_name',
  'from_email',
  'reply_to',
  'smtp_settings_id',
  'lane',
  'format',
  'is_secret',
] as const;

/** In the order of the screen; what both have alike is left out. */
export function compareContents(before: TemplateContent, after: TemplateContent): ContentDifference[] {
  const differences: ContentDifference[] = [];
  const tellShort = (label: string, one: string, other: string) => {
    if (one !== other) differences.push({ label, before: one || 'empty', after: other || 'empty', lines: null });
  };
  const tellLong = (label: string, one: string, other: string) => {
    if (one !== other) differences.push({ label, before: null, after: null, lines: differLines(one, other) });
  };
  const [old, now] = [wordsOf(before), wordsOf(after)];
  for (const language of new Set([...old.keys(), ...now.keys()])) {
    const [one, other] = [old.get(language), now.get(language)];
    const within = old.size > 1 || now.size > 1 ? ` in ${languageName(language)}` : '';
    if (!one || !other) tellShort(languageName(language), one ? 'there' : 'not there', other ? 'there' : 'not there');
    tellShort(`Subject${within}`, one?.subject ?? '', other?.subject ?? '');
    tellLong(`Body${within}`, one?.source ?? '', other?.source ?? '');
    tellLong(`Text part${within}`, one?.text ?? '', other?.text ?? '');
  }
  tellShort('Own language', languageName(before.language), languageName(after.language));
  for (const field of shortFields) tellShort(fieldLabel(field), wordsFor(before[field]), wordsFor(after[field]));
  tellLong('Variables', linesOf(before.variables), linesOf(after.variables));
  return differences;
}

const wordsOf = ({ language, subject, source, text, variants }: TemplateContent) =>
  new Map([{ language, subject, source, text }, ...variants].map((one) => [one.language, one]));

const wordsFor = (value: string | boolean | null): string =>
  typeof value === 'boolean' ? (value ? 'yes' : 'no') : (value ?? '');

const linesOf = (variables: TemplateContent['variables']): string =>
  variables
    .map(({ name, type, required, description, sample }) => {
      const head = `${name}: ${type}, ${required ? 'required' : 'optional'}`;
      return `${head}${description === '' ? '' : `, ${description}`}${sample === undefined ? '' : `, sample ${JSON.stringify(sample)}`}`;
    })
    .join('\n');
