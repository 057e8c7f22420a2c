/** Where in a source the server's findings belong: the line that it names, or the name that its words begin with. */
import type { TemplateProblem } from '../../../contracts/template-preview.ts';

export interface EditorMark {
  /** Characters from the beginning. */
  from: number;
  to: number;
  severity: 'error' | 'warning';
  message: string;
}

export function marksOf(source: string, problems: readonly TemplateProblem[]): EditorMark[] {
  return problems.flatMap(({ line, code, severity, message }) => {
    const place =
      line === null
        ? code === 'undeclared'
          ? findName(source, message.split(' ')[0] ?? '')
          : null
        : findLine(source, line);
    return place ? [{ ...place, severity, message }] : [];
  });
}

function findLine(source: string, line: number): { from: number; to: number } | null {
  const lines = source.split('\n');
  const text = lines[line - 1];
  if (text === undefined) return null;
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const indent = text.length - text.trimStart().length;
  return { from: start + indent, to: Math.max(start + text.trimEnd().length, start + indent) };
}

/** The first place where Liquid names it. */
function findName(source: string, name: string): { from: number; to: number } | null {
  if (!/^\w+$/.test(name)) return null;
  for (const part of source.matchAll(/\{[{%][\s\S]*?[%}]\}/g)) {
    const at = part[0].search(new RegExp(`(?<![\\w.])${name}(?!\\w)`));
    if (at >= 0) return { from: part.index + at, to: part.index + at + name.length };
  }
  return null;
}
