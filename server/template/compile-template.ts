/**
 * A template as it is written becomes what messages are rendered from: HTML with the layout around it and the Liquid still
 * in it, and the text. Runs in the template process, once for each version and language.
 */
import mjml from 'mjml';
import type { TemplateFormat } from '../../contracts/template.ts';
import { hideLiquid } from './hide-liquid.ts';
import { asSection, wrapInLayout } from './layout.ts';
import type { openLiquidEngines } from './liquid-engines.ts';
import { describeLiquidError, type SourceProblem } from './liquid-error.ts';
import { makeText } from './make-text.ts';

export interface TemplateSource {
  format: TemplateFormat;
  subject: string;
  source: string;
  /** Null: made from the HTML. */
  text: string | null;
}

export interface CompiledTexts {
  subject: string;
  html: string;
  text: string;
}

export interface CompileResult {
  /** Null where a problem is an error. */
  texts: CompiledTexts | null;
  /** Names at the beginning of what is asked for: `customer` for `customer.name`. */
  variables: string[];
  problems: SourceProblem[];
}

type Engines = ReturnType<typeof openLiquidEngines>;

export const compileTemplate = async (template: TemplateSource, engines: Engines): Promise<CompileResult> => {
  const problems: SourceProblem[] = [];
  const used = new Set<string>();
  const check = (path: SourceProblem['path'], text: string) => {
    try {
      const engine = path === 'source' ? engines.html : engines.plain;
      for (const name of engine.globalVariablesSync(engine.parse(text), { partials: false })) used.add(name);
    } catch (error) {
      problems.push(describeLiquidError(error, path));
    }
  };
  check('subject', template.subject);
  check('source', template.source);
  if (template.text !== null) check('text', template.text);
  if (/\|\s*raw\b/.test(template.source)) {
    const message = 'The filter "raw" puts a value into the HTML as it is. Use it only for what you wrote yourself.';
    problems.push({ severity: 'warning', code: 'unescaped', path: 'source', line: null, message });
  }
  const stopped = { texts: null, variables: [...used], problems };
  if (problems.some(({ severity }) => severity === 'error')) return stopped;

  const html = await toHtml(template, problems);
  if (html === null) return stopped;
  const text = template.text ?? makeText(html);
  const result = { texts: { subject: template.subject, html, text }, variables: [...used], problems };
  // What MJML or the reader of the HTML made of the Liquid must still be Liquid.
  try {
    engines.html.parse(html);
    engines.plain.parse(text);
  } catch (error) {
    const { message } = describeLiquidError(error, 'source');
    problems.push({ severity: 'error', code: 'syntax', path: 'source', line: null, message });
    return stopped;
  }
  return result;
};

async function toHtml(template: TemplateSource, problems: SourceProblem[]): Promise<string | null> {
  const { format, source, subject } = template;
  if (format === 'html' && /<html[\s>]/i.test(source)) return source;
  if (format === 'mjml' && /<mjml[\s>]/i.test(source)) return compileMjml(source, 0, problems);
  const title = subject.replace(/[<>]/g, '');
  if (format === 'html') {
    // Hidden as a whole: MJML is not to read what it does not have to.
    const [place, body] = ['zqbodyqz', source];
    const around = await compileMjml(wrapInLayout(asSection(place), '', title), 0, problems);
    return around?.replace(place, () => body) ?? null;
  }
  const previews: string[] = [];
  const sections = source.replace(/<mj-preview>[\s\S]*?<\/mj-preview>/, (preview) => {
    previews.push(preview);
    return preview.replace(/[^\n]/g, '');
  });
  const whole = wrapInLayout(sections, previews.join(''), title);
  const linesBefore = whole.slice(0, whole.indexOf(sections)).split('\n').length - 1;
  return compileMjml(whole, linesBefore, problems);
}

interface MjmlError {
  line?: number;
  message: string;
  tagName?: string;
  errors?: MjmlError[];
}

/** @param linesBefore lines of the layout above those that the author wrote. */
async function compileMjml(source: string, linesBefore: number, problems: SourceProblem[]): Promise<string | null> {
  const tell = (line: number | null, message: string) => {
    const own = line === null ? null : line - linesBefore;
    const isOwn = own !== null && own > 0;
    problems.push({ severity: 'error', code: 'mjml', path: 'source', line: isOwn ? own : null, message });
  };
  const hidden = hideLiquid(source);
  let html: string;
  try {
    const compiled = await mjml(hidden.text, {
      validationLevel: 'strict',
      fonts: {},
      minify: false,
      keepComments: false,
      ignoreIncludes: true,
      filePath: import.meta.dirname,
    } as object);
    html = compiled.html;
  } catch (error) {
    const { errors, message } = error as MjmlError;
    for (const one of errors ?? [{ message }]) {
      tell(one.line ?? null, hidden.restore(one.tagName ? `${one.tagName}: ${one.message}` : one.message));
    }
    return null;
  }
  // A default in the head is used where there is such a tag, and only there.
  const lost = hidden.findLost(html).filter(({ at }) => at > source.indexOf('</mj-head>'));
  for (const { tag, line } of lost) {
    tell(line, `${tag} stands where MJML takes only its own tags. Put it into <mj-raw> … </mj-raw>.`);
  }
  if (lost.length > 0) return null;
  return hidden.restore(html.replace(/\n\s+/g, '\n').replace(/^\s+/, ''));
}
