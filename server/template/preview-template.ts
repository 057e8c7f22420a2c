/**
 * What a message of a template would be, and what is wrong with it: compiled, filled with samples where nothing is given,
 * and From chosen by the very rule that a submission goes by. A recipe: what runs Liquid and what is looked up is handed in.
 */
import { hash } from 'node:crypto';
import type { TemplateVariables } from '../../contracts/submission.ts';
import { type TemplateContent, type TemplateVariable, templateLimits } from '../../contracts/template.ts';
import type { TemplatePreview, TemplateProblem } from '../../contracts/template-preview.ts';
import type { StoredBranding } from '../branding/branding.store.ts';
import { chooseSettings, type SettingsDirectory } from '../submission/choose-settings.ts';
import { parseMailbox } from '../submission/mailbox.ts';
import { checkVariables } from './check-variables.ts';
import { chooseFrom, explainFrom } from './choose-from.ts';
import { chooseLanguage } from './choose-language.ts';
import { type CompiledContent, compileContent } from './compile-content.ts';
import { listImages, toUnit } from './render-template.ts';
import { listLanguages } from './template-row.ts';
import type { TemplateRunner } from './template-runner.worker.ts';

export interface PreviewParts {
  /** Not the one that messages are rendered by: they do not wait for what people try. */
  runner: Pick<TemplateRunner, 'compile' | 'render'>;
  branding: StoredBranding;
  settings: SettingsDirectory;
  /** @returns where a frame finds it. */
  show: (html: string) => string;
}

export interface Filling {
  variables: TemplateVariables;
  language?: string | undefined;
  from?: string | undefined;
  smtp_settings?: string | undefined;
}

export const previewTemplate = async (
  content: TemplateContent,
  filling: Filling,
  { runner, branding, settings, show }: PreviewParts,
): Promise<TemplatePreview> => {
  const language = chooseLanguage(listLanguages(content), filling.language);
  const variables = withSamples(content.variables, filling.variables);
  const compiled = await compileContent(content, runner);
  const problems = [...compiled.problems];
  const made = await render(content, compiled, { variables, language, branding, runner, problems });
  const html = made ? showImages(made.html, branding) : null;
  const { from, smtpSettings, replyTo } = await previewFrom(content, filling, settings, problems);
  return {
    subject: made?.subject ?? null,
    html,
    html_path: html === null ? null : show(html),
    text: made?.text ?? null,
    html_bytes: Buffer.byteLength(made?.html ?? ''),
    language,
    from,
    reply_to: replyTo,
    smtp_settings: smtpSettings,
    lane: content.lane,
    problems,
    variables,
  };
};

/** What is given, else the samples of what is required or has one. */
export const withSamples = (declared: readonly TemplateVariable[], given: TemplateVariables): TemplateVariables => {
  const samples = declared.flatMap(({ name, sample }) => (sample === undefined ? [] : [[name, sample] as const]));
  return { ...Object.fromEntries(samples), ...given };
};

interface RenderParts extends Pick<PreviewParts, 'runner' | 'branding'> {
  variables: TemplateVariables;
  language: string;
  problems: TemplateProblem[];
}

async function render(
  content: TemplateContent,
  { texts }: CompiledContent,
  { variables, language, branding, runner, problems }: RenderParts,
) {
  const tell = (severity: TemplateProblem['severity'], code: string, path: string, message: string) =>
    problems.push({ severity, code, path, line: null, message });
  const filled = checkVariables(content.variables, variables, 'variables');
  if (!filled.ok) for (const { path, message } of filled.problems) tell('error', 'variable', path, message);
  if (!texts || !filled.ok) return null;
  // Branding may be a draft too, and has no version of its own then.
  const id = `draft ${hash('sha256', JSON.stringify([texts, branding.values]), 'hex')}`;
  const unit = toUnit({ id, key: '', version: 0, content, texts }, branding, language);
  const answer = await runner.render(unit, {
    variables: filled.variables,
    language,
    inspectFor: templateLimits.htmlBytes,
  });
  const at = listLanguages(content).indexOf(language) - 1;
  const source = at < 0 ? 'source' : `variants.${at}.source`;
  if (!answer.ok) {
    tell('error', answer.fault.code, source, answer.fault.message);
    return null;
  }
  for (const { severity, code, message } of answer.faults) tell(severity, code, source, message);
  return answer;
}

/** Not everything can be shown in a frame that loads nothing: what travels inside the message stands in the HTML here. */
function showImages(html: string, branding: StoredBranding): string {
  return listImages(html, branding).reduce(
    (shown, { contentId, contentType, content }) =>
      shown.replaceAll(`cid:${contentId}`, `data:${contentType};base64,${content.toString('base64')}`),
    html,
  );
}

async function previewFrom(
  content: TemplateContent,
  filling: Filling,
  directory: SettingsDirectory,
  problems: TemplateProblem[],
) {
  const chosen = await chooseSettings(directory, filling.smtp_settings ?? content.smtp_settings_id);
  if (!chosen.ok) {
    const { message } = chosen.problem;
    problems.push({ severity: 'warning', code: 'smtp_settings', path: 'smtp_settings_id', line: null, message });
    return { from: null, smtpSettings: null, replyTo: content.reply_to };
  }
  const { settings } = chosen;
  const parts = {
    explicit: filling.from === undefined ? null : parseMailbox(filling.from, 'from'),
    template: { name: content.from_name, address: content.from_email },
    settings,
  };
  const from = chooseFrom(parts);
  return {
    from: {
      name: from.name,
      address: from.address,
      name_source: from.nameSource,
      address_source: from.addressSource,
      reason: explainFrom(from, parts, settings.name),
    },
    smtpSettings: { id: settings.id, name: settings.name },
    replyTo: content.reply_to || settings.replyTo,
  };
}
