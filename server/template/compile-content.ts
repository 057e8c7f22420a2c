/**
 * Compiles all languages of a template, and says what is wrong with it: an error means that it can be neither saved nor
 * sent. A recipe: what compiles is handed in.
 */
import type { TemplateContent } from '../../contracts/template.ts';
import type { TemplateProblem } from '../../contracts/template-preview.ts';
import { findFault } from './check-variables.ts';
import { compilerNumber } from './compiler-number.ts';
import type { StoredTexts } from './template-row.ts';
import type { TemplateRunner } from './template-runner.worker.ts';

export interface CompiledContent {
  /** Null where a problem is an error. */
  texts: StoredTexts | null;
  problems: TemplateProblem[];
}

/** Always there, so never declared. */
const alwaysThere = new Set(['brand', 'language']);

export const compileContent = async (
  content: TemplateContent,
  { compile }: Pick<TemplateRunner, 'compile'>,
): Promise<CompiledContent> => {
  const problems: TemplateProblem[] = findSampleFaults(content);
  const languages: StoredTexts['languages'] = {};
  const declared = new Set(content.variables.map(({ name }) => name));
  const used = new Set<string>();
  const written = [{ ...content, at: '' }, ...content.variants.map((one, at) => ({ ...one, at: `variants.${at}.` }))];
  for (const { at, language, subject, source, text } of written) {
    const answer = await compile({ format: content.format, subject, source, text });
    if (!answer.ok) {
      problems.push({ severity: 'error', code: answer.fault.code, path: `${at}source`, line: null, message: tooMuch });
      continue;
    }
    const { compiled } = answer;
    problems.push(...compiled.problems.map((problem) => ({ ...problem, path: at + problem.path })));
    for (const name of compiled.variables) {
      used.add(name);
      if (!declared.has(name) && !alwaysThere.has(name)) problems.push(undeclared(name, `${at}source`));
    }
    if (compiled.texts) languages[language] = compiled.texts;
  }
  const isComplete = Object.keys(languages).length === written.length;
  for (const name of declared) if (isComplete && !used.has(name)) problems.push(unused(name));
  const isRight = !problems.some(({ severity }) => severity === 'error');
  return { texts: isRight ? { compiler: compilerNumber, languages } : null, problems };
};

const tooMuch = 'It takes longer than a second, or more than 64 MB, to read this. Make it shorter or simpler.';

const undeclared = (name: string, path: string): TemplateProblem => ({
  severity: 'error',
  code: 'undeclared',
  path,
  line: null,
  message: `${name} is used but not declared. Declare it among the variables, or take it out.`,
});

const unused = (name: string): TemplateProblem => ({
  severity: 'warning',
  code: 'unused',
  path: `variables.${name}`,
  line: null,
  message: `${name} is declared but not used.`,
});

function findSampleFaults({ variables }: TemplateContent): TemplateProblem[] {
  return variables.flatMap(({ name, type, sample }) => {
    const fault = sample === undefined || sample === null ? null : findFault(type, sample);
    const message = `The sample of ${name}: ${fault}`;
    return fault ? [{ severity: 'error', code: 'variable', path: `variables.${name}`, line: null, message }] : [];
  });
}
