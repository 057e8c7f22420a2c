/**
 * Email templates: subject, HTML and text written once in Liquid, filled with the variables of each message.
 * A version is never changed: whatever is saved is a new one, and a message says which one it was made from (its tags
 * `template` and `template_version`). Rules of the renderer: docs/templates.md.
 */
import { z } from 'zod';
import { BrandingChanges } from './branding.ts';
import { defineEndpoint } from './endpoint.ts';
import { MessageId } from './message.ts';
import { pageOf, Time } from './page.ts';
import type { FieldProblem } from './problem.ts';
import { EmailAddress, hasNoControl } from './smtp-settings.ts';
import { Language, lanes, Mailbox, TemplateKey, TemplateVariables } from './submission.ts';

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

const line = (max: number) =>
  z
    .string()
    .trim()
    .max(max, `At most ${max} characters.`)
    .refine(hasNoControl, 'Remove line breaks and other control characters.');
const source = z.string().max(templateLimits.sourceCharacters, 'At most 200,000 characters.');
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
  source: source.min(1, 'Write what the message says.'),
  /** Liquid. Null: made from the HTML. */
  text: source.nullable(),
};

export const TemplateVariant = z.strictObject({ language: Language, ...content, text: content.text.default(null) });
export type TemplateVariant = z.output<typeof TemplateVariant>;

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
const Named = z.object({ id: z.string(), name: z.string() });

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
  smtp_settings: Named.nullable(),
});
export type Template = z.infer<typeof Template>;

export const TemplateVersionSummary = z.object({
  version: z.number().int(),
  name: z.string(),
  subject: z.string(),
  created_at: Time,
  created_by: z.string(),
  /** How it came about: `created`, `changed`, `restored from 3`, `reset`, `duplicated from invoice`. */
  reason: z.string(),
});
export type TemplateVersionSummary = z.infer<typeof TemplateVersionSummary>;

export const TemplateVersion = TemplateVersionSummary.extend({ content: TemplateContent });
export type TemplateVersion = z.infer<typeof TemplateVersion>;

/** Something about a template that its author should know. With an error it can be neither saved nor sent. */
export const TemplateProblem = z.object({
  severity: z.enum(['error', 'warning']),
  /**
   * `syntax`, `mjml`, `undeclared`, `unused`, `missing_alt`, `link`, `too_large`, `external_image`, `script`, `unescaped`,
   * `too_slow`, `variable` (one that is missing or of the wrong type), …
   */
  code: z.string(),
  /** Field of the template (`source`, `variants.1.subject`, `text`, `variables.NAME`). */
  path: z.string(),
  /** From 1; null where it has none. */
  line: z.number().int().nullable(),
  message: z.string(),
});
export type TemplateProblem = z.infer<typeof TemplateProblem>;

export const fromSources = ['submission', 'template', 'settings'] as const;

/** What From will hold, and which of the three said so; the same rule decides when the message is made. */
export const FromPreview = z.object({
  name: z.string(),
  address: z.string(),
  name_source: z.enum(fromSources),
  address_source: z.enum(fromSources),
  /** In one sentence: which source won and why. */
  reason: z.string(),
});
export type FromPreview = z.infer<typeof FromPreview>;

export const TemplatePreview = z.object({
  /** Null, with an error among the problems, where it cannot be made. */
  subject: z.string().nullable(),
  /** To look at its source; never for our own page. Inline images are already data: URLs. */
  html: z.string().nullable(),
  /**
   * Where it is a document of its own for some minutes, for the `src` of an `<iframe sandbox="">`: in `srcdoc` our own
   * Content-Security-Policy would strip its styles.
   */
  html_path: z.string().nullable(),
  text: z.string().nullable(),
  /** Of the HTML as it is sent, without its images. */
  html_bytes: z.number().int(),
  /** Which of its languages it was made in. */
  language: z.string(),
  /** Null while there are no SMTP settings to send by. */
  from: FromPreview.nullable(),
  reply_to: z.string(),
  /** Whose place the message would take: those of the template, else the default ones. */
  smtp_settings: Named.nullable(),
  lane: z.enum(lanes),
  problems: z.array(TemplateProblem),
  /** The variables it was filled with: those given, else the samples. */
  variables: TemplateVariables,
});
export type TemplatePreview = z.infer<typeof TemplatePreview>;

const tag = 'Templates';
const path = '/api/v1/templates';
const params = z.object({ id: TemplateId });
const read = { role: 'viewer', scope: 'read' } as const;
const write = { role: 'administrator', scope: 'admin' } as const;
const version = z.number().int().positive();

/** How a preview or a test is filled. Samples stand in for what is not given. */
const filling = {
  variables: TemplateVariables.default({}),
  /** Absent: the template's own. */
  language: Language.optional(),
};
const previewed = {
  ...filling,
  /** An explicit From and other settings, as a submission may give them: to see which From would win. */
  from: Mailbox.optional(),
  smtp_settings: line(100).optional(),
  /** What somebody is about to save under Branding: to see it before. */
  branding: BrandingChanges.optional(),
};

export const listTemplates = defineEndpoint({
  method: 'GET',
  path,
  tag,
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
  path,
  tag,
  summary: 'Add a template; 422 names what cannot be compiled',
  access: write,
  body: TemplateInput,
  status: 201,
  reply: Template,
});

export const readTemplate = defineEndpoint({
  method: 'GET',
  path: `${path}/:id`,
  tag,
  summary: 'Read a template',
  access: read,
  params,
  status: 200,
  reply: Template,
});

export const changeTemplate = defineEndpoint({
  method: 'PATCH',
  path: `${path}/:id`,
  tag,
  summary:
    'Change a template, as a new version; `If-Match` (or `version` in the body) refuses it when somebody saved in between',
  access: write,
  params,
  isConditional: true,
  body: TemplateChanges,
  status: 200,
  reply: Template,
});

export const deleteTemplate = defineEndpoint({
  method: 'DELETE',
  path: `${path}/:id`,
  tag,
  summary: 'Delete a template and its versions; what was sent stays as it is. Built-in ones are reset instead (409)',
  access: write,
  params,
  status: 204,
});

/** What would miss it; the delete question names it. */
export const readTemplateUsage = defineEndpoint({
  method: 'GET',
  path: `${path}/:id/usage`,
  tag,
  summary: 'What uses this template: parts of Postern, and messages of the last 30 days',
  access: read,
  params,
  status: 200,
  reply: z.object({ data: z.array(z.object({ kind: z.string(), name: z.string() })) }),
});

export const duplicateTemplate = defineEndpoint({
  method: 'POST',
  path: `${path}/:id/duplicate`,
  tag,
  summary: 'A new template with the same content',
  access: write,
  params,
  body: z.strictObject({ key: TemplateKey, name: fields.name.optional() }),
  status: 201,
  reply: Template,
});

export const resetTemplate = defineEndpoint({
  method: 'POST',
  path: `${path}/:id/reset`,
  tag,
  summary: 'Make a built-in template what Postern brought, as a new version',
  access: write,
  params,
  status: 200,
  reply: Template,
});

export const listTemplateVersions = defineEndpoint({
  method: 'GET',
  path: `${path}/:id/versions`,
  tag,
  summary: 'The versions of a template, newest first',
  access: read,
  params,
  query: z.object({
    cursor: z.string().max(500).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  status: 200,
  reply: pageOf(TemplateVersionSummary),
});

const versionParams = params.extend({ version: z.coerce.number().int().positive() });

export const readTemplateVersion = defineEndpoint({
  method: 'GET',
  path: `${path}/:id/versions/:version`,
  tag,
  summary: 'One version with its content; two of them make a comparison',
  access: read,
  params: versionParams,
  status: 200,
  reply: TemplateVersion,
});

export const restoreTemplateVersion = defineEndpoint({
  method: 'POST',
  path: `${path}/:id/versions/:version/restore`,
  tag,
  summary: 'Make an older version the newest',
  access: write,
  params: versionParams,
  status: 200,
  reply: Template,
});

/** A draft need not be complete or right: what is wrong with it is in `problems`. For who may save it: it runs as theirs. */
export const previewTemplateDraft = defineEndpoint({
  method: 'POST',
  path: `${path}/preview`,
  tag,
  summary: 'What a message of an unsaved template would be: subject, HTML, text, From with the reason, problems',
  access: write,
  body: z.strictObject({
    template: z.strictObject({
      ...TemplateContent.shape,
      name: line(100).default(''),
      subject: fields.subject.default(''),
      source: source.default(''),
    }),
    ...previewed,
  }),
  status: 200,
  reply: TemplatePreview,
});

export const previewTemplate = defineEndpoint({
  method: 'POST',
  path: `${path}/:id/preview`,
  tag,
  summary: 'What a message of a saved template would be; without variables, by its samples',
  access: read,
  params,
  body: z.strictObject({ version: version.optional(), ...previewed }),
  status: 200,
  reply: TemplatePreview,
});

/** Like `readSandboxHtml`. 404 after some minutes: ask for another preview. */
export const readTemplatePreviewHtml = defineEndpoint({
  method: 'GET',
  path: `${path}/previews/:preview`,
  tag,
  summary: 'The HTML of a preview as a document that may run and load nothing',
  access: read,
  params: z.object({ preview: z.string().regex(/^[\w-]{20,64}$/) }),
  /** `off`: as mail programs show it that load no pictures. */
  query: z.object({ images: z.enum(['on', 'off']).default('on') }),
  status: 200,
  produces: 'text/html; charset=utf-8',
});

/** A program names the recipient; a person may leave it out: then it is their own address. */
export const sendTemplateTest = defineEndpoint({
  method: 'POST',
  path: `${path}/:id/test`,
  tag,
  summary: 'Send a message of this template, filled with its samples where nothing is given, ahead of all others',
  access: { role: 'administrator', scope: 'admin' },
  params,
  body: z.strictObject({ to: EmailAddress.optional(), ...filling }),
  status: 200,
  reply: z.object({ id: MessageId, to: z.string() }),
});

/** What a 422 of create, change and test lists: the errors among the problems. */
export const toFieldProblem = ({ path, code, message, line }: TemplateProblem): z.infer<typeof FieldProblem> => ({
  path,
  code,
  message: line === null ? message : `Line ${line}: ${message}`,
});
