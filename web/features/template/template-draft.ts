/**
 * The form as it stands, compared with what is saved. Every language has its words in one list, the template's own first.
 * Invariant: only what differs from the saved template leaves the browser.
 */
import {
  type Template,
  type TemplateChanges,
  TemplateContent,
  TemplateInput,
  type TemplateVariable,
  templateDefaults,
} from '../../../contracts/template.ts';
import { readSample, writeSample } from './sample-value.ts';

export interface Words {
  language: string;
  subject: string;
  source: string;
  /** Null: made from the HTML. */
  text: string | null;
}

export interface VariableDraft extends Omit<TemplateVariable, 'sample'> {
  /** Stays while it is renamed and moved; of this page only. */
  id: number;
  /** As it was typed. */
  sample: string;
}

export type TemplateDraft = Omit<
  TemplateInput,
  'language' | 'subject' | 'source' | 'text' | 'variants' | 'variables'
> & {
  /** Never empty; the first is the template's own. */
  words: Words[];
  variables: VariableDraft[];
};

let lastId = 0;
const nextId = () => {
  lastId += 1;
  return lastId;
};

const starter = `<mj-preview>What a mailbox shows beside the subject.</mj-preview>
<mj-section>
  <mj-column>
    <mj-text css-class="body">
      <h1>A heading</h1>
      <p>Hello {{ name }},</p>
      <p>write here what the message says.</p>
    </mj-text>
    <mj-button href="{{ link }}">Open it</mj-button>
  </mj-column>
</mj-section>
`;

/** What the screen starts from under Add: something that works, to be changed. */
export function newDraft(): TemplateDraft {
  const { language, text, variants: _, ...rest } = templateDefaults;
  const variable = (name: string, type: TemplateVariable['type'], description: string, sample: string) => ({
    ...newVariable(name),
    type,
    description,
    sample,
  });
  return {
    ...rest,
    key: '',
    name: '',
    words: [{ language, subject: '', source: starter, text }],
    variables: [
      variable('name', 'text', 'Of the person, for the greeting', 'Ada Lovelace'),
      variable('link', 'url', 'Where the button leads', 'https://example.com/'),
    ],
  };
}

export const newVariable = (name = ''): VariableDraft => ({
  id: nextId(),
  name,
  type: 'text',
  required: true,
  description: '',
  sample: '',
});

export function draftOf({ key, ...saved }: TemplateContent & { key: string }): TemplateDraft {
  const { language, subject, source, text, variants, variables } = saved;
  return {
    key,
    name: saved.name,
    from_name: saved.from_name,
    from_email: saved.from_email,
    reply_to: saved.reply_to,
    smtp_settings_id: saved.smtp_settings_id,
    lane: saved.lane,
    is_secret: saved.is_secret,
    format: saved.format,
    words: [{ language, subject, source, text }, ...variants],
    variables: variables.map(({ sample, ...one }) => ({ ...one, id: nextId(), sample: writeSample(sample) })),
  };
}

/** As the API takes it. A sample that cannot be read is left out; `checkDraft` says so. */
export function contentOf({ key: _, words, variables, ...rest }: TemplateDraft): TemplateContent {
  const [base, ...variants] = words.map((one) => ({ ...one, subject: one.subject.trim() })) as [Words, ...Words[]];
  return {
    ...rest,
    name: rest.name.trim(),
    from_name: rest.from_name.trim(),
    from_email: rest.from_email.trim(),
    reply_to: rest.reply_to.trim(),
    ...base,
    variants,
    variables: variables.map(({ id: _id, sample, ...one }) => {
      const read = readSample(one.type, sample);
      const value = read.ok ? read.value : undefined;
      return { ...one, name: one.name.trim(), ...(value === undefined ? {} : { sample: value }) };
    }),
  };
}

export type FieldProblems = Readonly<Record<string, string>>;
export type CheckedDraft = { ok: true; input: TemplateInput } | { ok: false; problems: FieldProblems };

/** Checks with the schema that the server checks with; by path of the API (`variants.0.subject`), one problem a field. */
export function checkDraft(draft: TemplateDraft): CheckedDraft {
  const checked = TemplateInput.safeParse({ ...contentOf(draft), key: draft.key.trim() });
  const problems: Record<string, string> = {};
  for (const issue of checked.error?.issues ?? []) problems[issue.path.join('.')] ??= issue.message;
  draft.words.slice(1).forEach(({ subject }, at) => {
    if (subject.trim() === '') problems[`variants.${at}.subject`] ??= 'Give the message a subject.';
  });
  draft.variables.forEach(({ type, sample }, at) => {
    const read = readSample(type, sample);
    if (!read.ok) problems[`variables.${at}.sample`] ??= read.problem;
  });
  return checked.success && Object.keys(problems).length === 0
    ? { ok: true, input: checked.data }
    : { ok: false, problems };
}

/** Fields of the API that differ from what is saved; for a new template from the empty form. */
export function changedFields(draft: TemplateDraft, saved: Template | null): (keyof TemplateContent)[] {
  const before = contentOf(saved ? draftOf(saved) : newDraft());
  const now = contentOf(draft);
  return (Object.keys(now) as (keyof TemplateContent)[]).filter(
    (field) => JSON.stringify(now[field]) !== JSON.stringify(before[field]),
  );
}

export const isDirty = (draft: TemplateDraft, saved: Template | null): boolean =>
  changedFields(draft, saved).length > 0 || draft.key !== (saved?.key ?? '');

/** Body of PATCH. */
export function changesOf(draft: TemplateDraft, saved: Template): TemplateChanges {
  const now = contentOf(draft);
  return Object.fromEntries(changedFields(draft, saved).map((field) => [field, now[field]]));
}

/** What can be previewed although the form is not finished: whatever the server would refuse is left out. */
export function previewable(draft: TemplateDraft): TemplateContent {
  const content = contentOf(draft);
  const { shape } = TemplateContent;
  const names = new Set<string>();
  return {
    ...content,
    name: '',
    subject: content.subject || '(no subject yet)',
    from_email: shape.from_email.safeParse(content.from_email).success ? content.from_email : '',
    reply_to: shape.reply_to.safeParse(content.reply_to).success ? content.reply_to : '',
    variables: content.variables.filter((one) => {
      const isFit = !names.has(one.name) && shape.variables.safeParse([one]).success;
      names.add(one.name);
      return isFit;
    }),
    // Not left out: findings name them by their place.
    variants: content.variants.map((one) => (one.source === '' ? { ...one, source: ' ' } : one)),
  };
}

/** `Order shipped` is `order-shipped`. */
export const keyFromName = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64)
    .replace(/-+$/, '');

/** Where the API has the words at this place of the list: `` for the first, `variants.0.` for the second. */
export const pathOfWords = (at: number): string => (at === 0 ? '' : `variants.${at - 1}.`);
