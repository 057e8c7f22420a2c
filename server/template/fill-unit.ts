/** Renders one message from compiled texts; runs in the template process. */
import { Context, type Liquid, type Template as Parsed } from 'liquidjs';
import { escapeHtml, type openLiquidEngines } from './liquid-engines.ts';
import { describeLiquidError } from './liquid-error.ts';
import { listPlainFilters, quicken, runNodes, type TextEmitter } from './quick-nodes.ts';
import type { JobInput, RenderFault, RenderUnit } from './template-job.ts';

type Engines = ReturnType<typeof openLiquidEngines>;

export interface ParsedUnit {
  subject: readonly Parsed[];
  html: readonly Parsed[];
  text: readonly Parsed[];
  brand: RenderUnit['brand'];
}

/** Of HTML, and of text. */
const mostCharacters = 2_000_000;

export const parseUnit = ({ texts, brand }: RenderUnit, { html, plain }: Engines): ParsedUnit => ({
  subject: parse(plain, fillBrand(texts.subject, brand, asItIs, asItIs)),
  html: parse(
    html,
    fillBrand(texts.html, brand, escapeHtml, (text) => text.replace(/\r\n?|\n/g, '<br>')),
  ),
  text: parse(plain, fillBrand(texts.text, brand, asItIs, asItIs)),
  brand,
});

const asItIs = (text: string) => text;

const quickFilters = ['money', 'number', 'date', 'date_time', 'lines'];

function parse(engine: Liquid, source: string): readonly Parsed[] {
  return quicken(engine.parse(source), source, listPlainFilters(engine, quickFilters));
}

/** The colours alone occur dozens of times in a message. A value that is itself Liquid is left to be put out as text. */
function fillBrand(
  source: string,
  brand: RenderUnit['brand'],
  escapeText: (text: string) => string,
  toLines: (escaped: string) => string,
): string {
  return source.replace(
    /\{\{-?\s*brand\.([a-z_]+)\s*(\|\s*lines\s*)?-?\}\}/g,
    (whole, name: string, lines?: string) => {
      const value = Object.hasOwn(brand, name) ? brand[name] : undefined;
      if (typeof value !== 'string' || /\{[{%]/.test(value)) return whole;
      return lines ? toLines(escapeText(value)) : escapeText(value);
    },
  );
}

export type Filled = { ok: true; subject: string; html: string; text: string } | { ok: false; fault: RenderFault };

export const fillUnit = (unit: ParsedUnit, job: JobInput & { kind: 'render' }, { html, plain }: Engines): Filled => {
  const scope = Object.assign(Object.create(null), job.variables, { brand: unit.brand, language: job.language });
  try {
    const subject = run(plain, unit.subject, scope).trim();
    const fault = findSubjectFault(subject);
    if (fault) return { ok: false, fault: { code: 'variable', message: fault } };
    return { ok: true, subject, html: run(html, unit.html, scope), text: run(plain, unit.text, scope) };
  } catch (error) {
    return { ok: false, fault: describeFault(error) };
  }
};

function run(engine: Liquid, nodes: readonly Parsed[], scope: object): string {
  const emitter = new BoundedText();
  runNodes(nodes, new Context(scope, engine.options, { sync: true }, { liquid: engine }), emitter);
  return emitter.buffer;
}

class TooLargeError extends Error {}

class BoundedText implements TextEmitter {
  buffer = '';
  write(value: unknown): void {
    this.buffer += typeof value === 'string' ? value : toText(value);
    if (this.buffer.length > mostCharacters) throw new TooLargeError();
  }
}

/** As LiquidJS puts out what no filter made a text of. */
function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return Array.isArray(value) ? value.map(toText).join('') : String(value);
}

function findSubjectFault(subject: string): string | null {
  if (subject === '') return 'The subject would be empty.';
  if (subject.length > 998) return 'The subject would be longer than 998 characters.';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(subject)
    ? 'A variable in the subject has a line break or another control character. Take it out.'
    : null;
}

function describeFault(error: unknown): RenderFault {
  const { message, originalError } = error as Error & { originalError?: unknown };
  if (error instanceof TooLargeError || originalError instanceof TooLargeError) {
    return { code: 'too_large', message: 'The message would be larger than 2 MB.' };
  }
  const variable = /^undefined variable: ([\w.[\]-]{1,200})/.exec(message)?.[1];
  if (variable) return { code: 'variable', variable, message: `The template needs ${variable}, which is not given.` };
  if (/limit exceeded/.test(message)) {
    return { code: 'too_slow', message: 'The template takes too long or too much memory with these variables.' };
  }
  return { code: 'render', message: describeLiquidError(error, 'source').message };
}
