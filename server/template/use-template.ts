/** What a submission says of a template, looked up and rendered. */
import type { FieldProblem } from '../../contracts/problem.ts';
import type { TemplateUse } from '../../contracts/submission.ts';
import type { BrandingStore } from '../branding/branding.store.ts';
import { compileContent } from './compile-content.ts';
import { type Rendering, type RenderRequest, renderTemplate } from './render-template.ts';
import type { TemplateStore } from './template.store.ts';
import type { StoredTemplate } from './template-row.ts';
import type { TemplateRunner } from './template-runner.worker.ts';

export interface TemplateParts {
  store: Pick<TemplateStore, 'recall' | 'keepTexts'>;
  branding: Pick<BrandingStore, 'recall'>;
  /** For messages. */
  runner: Pick<TemplateRunner, 'render'>;
  /** For what people try: whatever they do, messages do not wait for it. */
  compiler: Pick<TemplateRunner, 'compile'>;
}

export const useTemplate = async (use: TemplateUse, parts: TemplateParts): Promise<Rendering> => {
  const name = use.id === undefined ? { key: use.key ?? '' } : { id: use.id };
  const [template, branding] = await Promise.all([parts.store.recall(name), parts.branding.recall()]);
  if (!template) return { ok: false, problems: [unknown(use)] };
  const compiled = await ensureCompiled(template, parts);
  if (!compiled) return { ok: false, problems: [broken(use)] };
  return renderTemplate(
    { template: compiled, branding, variables: use.variables, language: use.language },
    parts.runner,
  );
};

/** What people wrote is compiled when it is saved, what Postern brings comes compiled; all again after the compiler changed. */
const ensureCompiled = async (
  template: StoredTemplate,
  { compiler, store }: Pick<TemplateParts, 'compiler' | 'store'>,
): Promise<RenderRequest['template'] | null> => {
  if (template.texts) return { ...template, texts: template.texts };
  const { texts } = await compileContent(template.content, compiler);
  if (!texts) return null;
  await store.keepTexts(template, texts);
  return { ...template, texts };
};

const nameOf = (use: TemplateUse) => use.id ?? use.key ?? '';
const pathOf = (use: TemplateUse) => (use.id === undefined ? 'template.key' : 'template.id');

const unknown = (use: TemplateUse): FieldProblem => ({
  path: pathOf(use),
  code: 'unknown',
  message: `There is no template "${nameOf(use)}". Look under Setup / Email Templates for its key.`,
});

const broken = (use: TemplateUse): FieldProblem => ({
  path: pathOf(use),
  code: 'broken',
  message: `The template "${nameOf(use)}" cannot be compiled any more. Open it under Setup / Email Templates to see why.`,
});
