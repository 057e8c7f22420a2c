/**
 * A template and its variables become what a message says: subject, HTML, text, and what the template has to say about From,
 * Reply-To, SMTP settings and lane. A recipe: what runs Liquid is handed in.
 *
 * from: submit-message.ts (a submission that names a template), preview-template.ts. to: compose-submission.ts.
 * Policy: a variable that is missing or of another type is refused and named; nothing is ever left out of a message. The
 * nearest of the template's languages. The logo travels inside the message, and only where the HTML shows it.
 * Invariant: the same version, Branding, variables and language make the same message. Known limit: Liquid may read the
 * clock (`'now' | date`).
 */
import type { FieldProblem } from '../../contracts/problem.ts';
import type { Lane, TemplateVariables } from '../../contracts/submission.ts';
import type { StoredBranding } from '../branding/branding.store.ts';
import { checkVariables } from './check-variables.ts';
import { chooseLanguage } from './choose-language.ts';
import type { RenderFault, RenderUnit } from './template-job.ts';
import { listLanguages, type StoredTemplate, type StoredTexts } from './template-row.ts';
import type { TemplateRunner } from './template-runner.worker.ts';

export interface RenderRequest {
  template: StoredTemplate & { texts: StoredTexts };
  branding: StoredBranding;
  variables: TemplateVariables;
  language: string | undefined;
}

export interface InlineImage {
  filename: string;
  contentType: string;
  content: Buffer;
  contentId: string;
}

export interface RenderedTemplate {
  ok: true;
  subject: string;
  html: string;
  text: string;
  /** Each null where the template leaves it to the SMTP settings. */
  from: { name: string | null; address: string | null };
  replyTo: string | null;
  /** Id; null: the default ones. */
  settings: string | null;
  lane: Lane;
  isSecret: boolean;
  templateId: string;
  key: string;
  version: number;
  language: string;
  inlineImages: InlineImage[];
}

export type Rendering = RenderedTemplate | { ok: false; problems: FieldProblem[] };

export const renderTemplate = async (
  { template, branding, variables, language: wanted }: RenderRequest,
  { render }: Pick<TemplateRunner, 'render'>,
): Promise<Rendering> => {
  const { content } = template;
  const filled = checkVariables(content.variables, variables);
  if (!filled.ok) return filled;
  const language = chooseLanguage(listLanguages(content), wanted);
  const unit = toUnit(template, branding, language);
  const made = await render(unit, { variables: filled.variables, language, inspectFor: 0 });
  if (!made.ok) return { ok: false, problems: [toProblem(made.fault)] };
  return {
    ok: true,
    subject: made.subject,
    html: made.html,
    text: made.text,
    from: { name: content.from_name || null, address: content.from_email || null },
    replyTo: content.reply_to || null,
    settings: content.smtp_settings_id,
    lane: content.lane,
    isSecret: content.is_secret,
    templateId: template.id,
    key: template.key,
    version: template.version,
    language,
    inlineImages: listImages(made.html, branding),
  };
};

export const toUnit = (
  { id, version, texts }: RenderRequest['template'],
  { values, branding }: StoredBranding,
  language: string,
): RenderUnit => ({
  key: `${id} ${version} ${language} ${texts.compiler} ${branding.version}`,
  version: `${id} ${version}`,
  texts: texts.languages[language]!,
  brand: values,
});

/** Those that the HTML shows. */
export const listImages = (html: string, { logo }: Pick<StoredBranding, 'logo'>): InlineImage[] =>
  logo && html.includes('cid:logo')
    ? [
        {
          filename: logo.contentType === 'image/png' ? 'logo.png' : 'logo.jpg',
          contentType: logo.contentType,
          content: logo.bytes,
          contentId: 'logo',
        },
      ]
    : [];

export const toProblem = ({ code, variable, message }: RenderFault): FieldProblem => {
  const known = variable === undefined ? '' : `.${variable}`;
  return { path: `template.variables${known}`, code: code === 'variable' && known ? 'required' : code, message };
};
