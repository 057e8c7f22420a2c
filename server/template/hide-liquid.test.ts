import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hideLiquid } from './hide-liquid.ts';

it('hides tags and outputs from readers that do not know them, and puts each back', () => {
  const text = 'a {{ "<b>" }} {% if x < 1 %}\n<p style="color:{{ c }}" data-color="{{ c }}">{%- endif -%}';
  const { text: plain, restore } = hideLiquid(text);
  expect(plain).not.toMatch(/[{}%]|x < 1/);
  expect(/data-color="(#[0-9a-f]{6})"/.test(plain)).toBe(true);
  expect(restore(plain)).toBe(text);
  expect(restore(plain + plain)).toBe(text + text);
});

it('tells which tags were lost, and where they stood', () => {
  const { text, findLost } = hideLiquid('{{ a }}\n\n{{ b }}');
  expect(findLost(text.slice(0, text.indexOf('\n')))).toEqual([{ tag: '{{ b }}', line: 3, at: 9 }]);
});

it('gives back any text as it was', () => {
  const piece = fc.oneof(
    fc.constantFrom('{{ a }}', '{% b %}', 'color="{{ c }}"', '#fea001', 'zq0qz1x', '\n', '{{', '}}'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const text = pieces.join('');
      const { text: plain, restore } = hideLiquid(text);
      expect(restore(plain)).toBe(text);
    }),
  );
});
