/**
 * What submissions leave to templates: subject, HTML and text, and where they do not say it themselves, Reply-To, SMTP
 * settings and lane. Who looks for a template's messages finds them by the tags `template` and `template_version`.
 */
import type { FieldProblem } from '../../contracts/problem.ts';
import type { TemplateUse } from '../../contracts/submission.ts';
import type { RenderedTemplate, Rendering } from '../template/render-template.ts';
import type { CheckedSubmission } from './check-submission.ts';
import { parseMailbox } from './mailbox.ts';
import { catchFault, toFieldProblem } from './problem-of.ts';

export interface TemplateRenderer {
  /** Those asked for at the same time are rendered together. */
  render: (use: TemplateUse) => Promise<Rendering>;
}

export type FilledSubmissions =
  | { ok: true; all: readonly CheckedSubmission[] }
  | { ok: false; refusals: { place: number; problems: FieldProblem[] }[] };

/** So many messages are held as text and rendered at a time; and after the first of them that are refused, no more. */
const atOnce = 200;

export const fillTemplates = async (
  all: readonly CheckedSubmission[],
  { render }: TemplateRenderer,
): Promise<FilledSubmissions> => {
  if (all.every(({ template }) => template === null)) return { ok: true, all };
  const filled: CheckedSubmission[] = [];
  for (let from = 0; from < all.length; from += atOnce) {
    const some = await Promise.all(all.slice(from, from + atOnce).map((email) => fill(email, render)));
    const refusals = some.flatMap((one, at) => (one.ok ? [] : [{ place: from + at, problems: one.problems }]));
    if (refusals.length > 0) return { ok: false, refusals };
    for (const one of some) if (one.ok) filled.push(one.email);
  }
  return { ok: true, all: filled };
};

type Filled = { ok: true; email: CheckedSubmission } | { ok: false; problems: FieldProblem[] };

async function fill(email: CheckedSubmission, render: TemplateRenderer['render']): Promise<Filled> {
  if (email.template === null) return { ok: true, email };
  const rendered = await render(email.template);
  if (!rendered.ok) return rendered;
  const merged = catchFault(() => merge(email, rendered));
  return merged.ok ? { ok: true, email: merged.value } : { ok: false, problems: [toFieldProblem(merged.fault, [])] };
}

const ownTags = new Set(['template', 'template_version']);

function merge(email: CheckedSubmission, rendered: RenderedTemplate): CheckedSubmission {
  const { subject, html, text, from, replyTo, settings, lane, isSecret, key, version, inlineImages } = rendered;
  return {
    ...email,
    subject,
    html,
    text,
    templateFrom: { name: from.name ?? '', address: from.address ?? '' },
    replyTo: email.replyTo.length > 0 || replyTo === null ? email.replyTo : [parseMailbox(replyTo, 'template')],
    settings: email.settings ?? settings,
    lane: email.lane ?? lane,
    isSecret: email.isSecret || isSecret,
    inlineImages,
    tags: [
      ...email.tags.filter(({ name }) => !ownTags.has(name)),
      { name: 'template', value: key },
      { name: 'template_version', value: String(version) },
    ],
  };
}
