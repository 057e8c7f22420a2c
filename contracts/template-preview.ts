/** What a message of a template would be, saved or not: what it says, which From it has, what is wrong with it; and a test. */
import { z } from 'zod';
import { BrandingChanges } from './branding.ts';
import { defineEndpoint } from './endpoint.ts';
import { line } from './line.ts';
import { MessageId } from './message.ts';
import type { FieldProblem } from './problem.ts';
import { EmailAddress } from './smtp-settings.ts';
import { Language, lanes, Mailbox, TemplateVariables } from './submission.ts';
import {
  NamedSettings,
  TemplateContent,
  templateLimits,
  templateParams,
  templatePath,
  templateSource,
  templateTag,
} from './template.ts';

const read = { role: 'viewer', scope: 'read' } as const;
const write = { role: 'administrator', scope: 'admin' } as const;

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
  smtp_settings: NamedSettings.nullable(),
  lane: z.enum(lanes),
  problems: z.array(TemplateProblem),
  /** The variables it was filled with: those given, else the samples. */
  variables: TemplateVariables,
});
export type TemplatePreview = z.infer<typeof TemplatePreview>;

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

/** A draft need not be complete or right: what is wrong with it is in `problems`. For who may save it: it runs as theirs. */
export const previewTemplateDraft = defineEndpoint({
  method: 'POST',
  path: `${templatePath}/preview`,
  tag: templateTag,
  summary: 'What a message of an unsaved template would be: subject, HTML, text, From with the reason, problems',
  access: write,
  body: z.strictObject({
    template: z.strictObject({
      ...TemplateContent.shape,
      name: line(100).default(''),
      subject: line(templateLimits.subjectCharacters).default(''),
      source: templateSource.default(''),
    }),
    ...previewed,
  }),
  status: 200,
  reply: TemplatePreview,
});

export const previewTemplate = defineEndpoint({
  method: 'POST',
  path: `${templatePath}/:id/preview`,
  tag: templateTag,
  summary: 'What a message of a saved template would be; without variables, by its samples',
  access: read,
  params: templateParams,
  body: z.strictObject({ version: z.number().int().positive().optional(), ...previewed }),
  status: 200,
  reply: TemplatePreview,
});

/** Like `readSandboxHtml`. 404 after some minutes: ask for another preview. */
export const readTemplatePreviewHtml = defineEndpoint({
  method: 'GET',
  path: `${templatePath}/previews/:preview`,
  tag: templateTag,
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
  path: `${templatePath}/:id/test`,
  tag: templateTag,
  summary: 'Send a message of this template, filled with its samples where nothing is given, ahead of all others',
  access: write,
  params: templateParams,
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
