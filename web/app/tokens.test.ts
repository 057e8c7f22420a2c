import { describe, expect, it } from 'vitest';

// Vitest empties imported style sheets, and this world has no Node types: read the file through the little that is needed.
const { process } = globalThis as unknown as {
  process: { getBuiltinModule(name: 'node:fs'): { readFileSync(file: URL, encoding: 'utf8'): string } };
};
const css = process.getBuiltinModule('node:fs').readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');
const grounds = ['page', 'pane', 'chrome', 'hover', 'selected'];
const inks = ['text', 'dim', 'action', 'failed', 'readonly', 'waiting', 'sent'];

function schemeTokens(scheme: 'light' | 'dark'): Map<string, string> {
  const block = css.slice(css.indexOf(`scheme="${scheme}"`)).split('}')[0] ?? '';
  return new Map([...block.matchAll(/--postern-([a-z-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1] ?? '', m[2] ?? '']));
}

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

describe.each(['light', 'dark'] as const)('the colours of the %s scheme', (scheme) => {
  const tokens = schemeTokens(scheme);
  const colour = (name: string) => tokens.get(name) ?? expect.unreachable(`no --postern-${name} in ${scheme}`);

  it.each(inks)('%s is readable on every ground', (ink) => {
    for (const ground of grounds) expect(contrast(colour(ink), colour(ground)), ground).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['failed', 'waiting', 'sent'])('%s and text are readable on the ground of its note', (ink) => {
    expect(contrast(colour(ink), colour(`${ink}-ground`))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colour('text'), colour(`${ink}-ground`))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['action-fill', 'action-fill-hover', 'failed-fill', 'failed-fill-hover'])(
    'white is readable on %s',
    (fill) => {
      expect(contrast('#ffffff', colour(fill))).toBeGreaterThanOrEqual(4.5);
    },
  );

  it('shows the edge of an input and of a required one', () => {
    for (const ground of ['page', 'pane']) {
      expect(contrast(colour('input-border'), colour(ground))).toBeGreaterThanOrEqual(3);
      expect(contrast(colour('required'), colour(ground))).toBeGreaterThanOrEqual(3);
    }
  });
});
