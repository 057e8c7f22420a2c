/**
 * Email templates: subject, HTML and text written once in Liquid, filled with the variables of each message.
 * A version is never changed: whatever is saved is a new one, and a message says which one it was made from (its tags
 * `template` and `template_version`): template-version.ts. What a message would be: template-preview.ts. Rules of the
 * renderer: docs/templates.md.
 */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { line } from './line.ts';
import { pageOf, Time } from './page.ts';
import { EmailAddress } from './smtp-settings.ts';
import { Language, lanes, TemplateKey } from './submission.ts';

export const TemplateId = z.string().regex(/^tpl_[0-9a-z]{26}$/, 'Not the id of a template.');

export const templateLimits = {
  sourceCharacters: 200_000,
  subjectCharacters: 500,
  variables: 100,
  variants: 50,
  /** What mail programs show whole: Gmail cuts a message off beyond it. */
  htmlBytes: 100 * 1024,
} as const;

export const templateFormats = ['html', 'mjml'] as const;
export type TemplateFormat = (typeof templateFormats)[number];

/**
 * What a variable may be given as:
 * text: a string · number: a number · boolean · url: `https:`, `http:` or `mailto:` · date: `2026-12-24`, or a time with its
 * zone · money: `{amount, currency}`, the amount in minor units (a whole number) or as a decimal string · list: an array ·
 * object: an object.
 */
export const variableTypes = ['text', 'number', 'money', 'date', 'url', 'boolean', 'list', 'object'] as const;
export type VariableType = (typeof variableTypes)[number];

/** These are there in every template: `brand.…` from Branding, `language`, and `content` in the layout. */
export const reservedVariables = ['brand', 'language', 'content', 'forloop', 'tablerowloop'] as const;

export const templateSource = z.string().max(templateLimits.sourceCharacters, 'At most 200,000 characters.');
const optionalAddress = z.union([z.literal(''), EmailAddress]);

export const TemplateVariable = z.strictObject({
  name: z
    .string()
    .max(50, 'At most 50 characters.')
    .regex(/^[a-z][a-z0-9_]*$/, 'Use small letters, digits and "_", and begin with a letter, such as due_on.')
    .refine(
      (name) => !(reservedVariables as readonly string[]).includes(name),
      'This name is always there; choose another.',
    ),
  type: z.enum(variableTypes),
  required: z.boolean().default(true),
  description: line(300).default(''),
  /** For previews and test messages; of the variable's type. */
  sample: z.json().optional(),
});
export type TemplateVariable = z.output<typeof TemplateVariable>;

/** What is written in one language. */
const content = {
  /** Liquid. */
  subject: line(templateLimits.subjectCharacters),
  /**
   * Liquid in HTML or MJML. Without `<html>` or `<mjml>` around it, it is put into the layout of Branding.
   */
  source: templateSource.min(1, 'Write what the message says.'),
  /** Liquid. Null: made from the HTML. */
  text: templateSource.nullable(),
};

export const TemplateVariant = z.strictObject({ language: Language, ...content, text: content.text.default(null) });

const fields = {
  name: line(100).min(1, 'Give the template a name.'),
  /** Each of the three may stay empty: then it is the SMTP settings'. */
  from_name: line(200),
  from_email: optionalAddress,
  reply_to: optionalAddress,
  /** Id of SMTP settings; null: the default ones. */
  smtp_settings_id: z.string().max(100).nullable(),
  lane: z.enum(lanes),
  /** Nobody reads the body of such messages in the log: resets, invitations. */
  is_secret: z.boolean(),
  format: z.enum(templateFormats),
  variables: z
    .array(TemplateVariable)
    .max(templateLimits.variables, `At most ${templateLimits.variables} variables.`)
    .refine(
      (all) => new Set(all.map(({ name }) => name)).size === all.length,
      'Two variables have the same name. Rename one.',
    ),
  /** Of `subject`, `source` and `text`; used where no variant fits better. */
  language: Language,
  ...content,
  variants: z
    .array(TemplateVariant)
    .max(templateLimits.variants, `At most ${templateLimits.variants} languages.`)
    .refine(
      (all) => new Set(all.map(({ language }) => language.toLowerCase())).size === all.length,
      'Two variants have the same language. Remove one.',
    ),
};

export const templateDefaults = {
  from_name: '',
  from_email: '',
  reply_to: '',
  smtp_settings_id: null,
  lane: 'normal',
  is_secret: false,
  format: 'mjml',
  variables: [],
  language: 'en',
  text: null,
  variants: [],
} as const;
const d = templateDefaults;

/** What a version consists of, with the contract's defaults. */
export const TemplateContent = z.strictObject({
  name: fields.name,
  subject: fields.subject.min(1, 'Give the message a subject.'),
  from_name: fields.from_name.default(d.from_name),
  from_email: fields.from_email.default(d.from_email),
  reply_to: fields.reply_to.default(d.reply_to),
  smtp_settings_id: fields.smtp_settings_id.default(d.smtp_settings_id),
  lane: fields.lane.default(d.lane),
  is_secret: fields.is_secret.default(d.is_secret),
  format: fields.format.default(d.format),
  variables: fields.variables.default([]),
  language: fields.language.default(d.language),
  source: fields.source,
  text: fields.text.default(d.text),
  variants: fields.variants.default([]),
});
export type TemplateContent = z.output<typeof TemplateContent>;

/** Body of create. The key is how programs name the template; it stays. */
export const TemplateInput = TemplateContent.extend({ key: TemplateKey });
export type TemplateInput = z.output<typeof TemplateInput>;

/** Body of PATCH: any of the fields. */
export const TemplateChanges = z.strictObject({ ...fields, version: z.number().int().positive() }).partial();
export type TemplateChanges = z.output<typeof TemplateChanges>;

const Who = { created_at: Time, updated_at: Time, updated_by: z.string() };
/** What the template points to, by its name of today. */
export const NamedSettings = z.object({ id: z.string(), name: z.string() });

export const TemplateSummary = z.object({
  id: TemplateId,
  key: z.string(),
  name: z.string(),
  subject: z.string(),
  format: z.enum(templateFormats),
  lane: z.enum(lanes),
  /** Comes with Postern: it can be changed and reset, never deleted. */
  is_built_in: z.boolean(),
  /** Only of built-in ones: it is not as Postern brought it. */
  is_changed: z.boolean(),
  /** The base language first. */
  languages: z.array(z.string()),
  /** Counts up with every save; also the version that new messages are made from. */
  version: z.number().int(),
  ...Who,
});
export type TemplateSummary = z.infer<typeof TemplateSummary>;

export const Template = z.object({
  ...TemplateContent.shape,
  ...TemplateSummary.shape,
  variables: z.array(TemplateVariable),
  variants: z.array(TemplateVariant),
  /** Null: the default ones, or ones that are gone (then `smtp_settings_id` still names them, and nothing can be sent). */
  smtp_settings: NamedSettings.nullable(),
});
export type Template = z.infer<typeof Template>;

export const templateTag = 'Templates';
export const templatePath = '/api/v1/templates';
export const templateParams = z.object({ id: TemplateId });
const read = { role: 'viewer', scope: 'read' } as const;
const write = { role: 'administrator', scope: 'admin' } as const;
export const listTemplates = defineEndpoint({
  method: 'GET',
  path: templatePath,
  tag: templateTag,
  summary: 'Templates by name; `filter` matches name, key and subject',
  access: read,
  query: z.object({
    filter: z.string().max(200).default(''),
    cursor: z.string().max(500).optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  status: 200,
  reply: pageOf(TemplateSummary),
});

export const createTemplate = defineEndpoint({
  method: 'POST',
  path: templatePath,
  tag: templateTag,
  summary: 'Add a template; 422 names what cannot be compiled',
  access: write,
  body: TemplateInput,
  status: 201,
  reply: Template,
});

export const readTemplate = defineEndpoint({
  method: 'GET',
  path: `${templatePath}/:id`,
  tag: templateTag,
  summary: 'Read a template',
  access: read,
  params: templateParams,
  status: 200,
  reply: Template,
});

export const changeTemplate = defineEndpoint({
  method: 'PATCH',
  path: `${templatePath}/:id`,
  tag: templateTag,
  summary:
    'Change a template, as a new version; `If-Match` (or `version` in the body) refuses it when somebody saved in between',
  access: write,
  params: templateParams,
  isConditional: true,
  body: TemplateChanges,
  status: 200,
  reply: Template,
});

export const deleteTemplate = defineEndpoint({
  method: 'DELETE',
  path: `${templatePath}/:id`,
  tag: templateTag,
  summary: 'Delete a template and its versions; what was sent stays as it is. Built-in ones are reset instead (409)',
  access: write,
  params: templateParams,
  status: 204,
});

/** What would miss it; the delete question names it. */
export const readTemplateUsage = defineEndpoint({
  method: 'GET',
  path: `${templatePath}/:id/usage`,
  tag: templateTag,
  summary: 'What of Postern sends by this template; the messages made of it are found by `template:KEY`',
  access: read,
  params: templateParams,
  status: 200,
  reply: z.object({ data: z.array(z.object({ kind: z.string(), name: z.string() })) }),
});

export const duplicateTemplate = defineEndpoint({
  method: 'POST',
  path: `${templatePath}/:id/duplicate`,
  tag: templateTag,
  summary: 'A new template with the same content',
  access: write,
  params: templateParams,
  body: z.strictObject({ key: TemplateKey, name: fields.name.optional() }),
  status: 201,
  reply: Template,
});

export const resetTemplate = defineEndpoint({
  method: 'POST',
  path: `${templatePath}/:id/reset`,
  tag: templateTag,
  summary: 'Make a built-in template what Postern brought, as a new version',
  access: write,
  params: templateParams,
  status: 200,
  reply: Template,
});
