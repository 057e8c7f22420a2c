/** What Liquid complains of, as a problem of the template. */
import type { TemplateProblem } from '../../contracts/template-preview.ts';

export type SourceProblem = Omit<TemplateProblem, 'path'> & { path: 'subject' | 'source' | 'text' };

/** Liquid's own words, without the excerpt that it appends. */
export function describeLiquidError(error: unknown, path: SourceProblem['path']): SourceProblem {
  const { message, token } = error as { message: string; token?: { getPosition?: () => [number, number] } };
  const line = token?.getPosition?.()[0] ?? null;
  const plain = message.replace(/, line:\d+(, col:\d+)?.*$/s, '').replace(/, file:.*$/s, '');
  return { severity: 'error', code: 'syntax', path, line, message: `${plain[0]?.toUpperCase()}${plain.slice(1)}.` };
}
