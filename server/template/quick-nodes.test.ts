import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillUnit, parseUnit } from './fill-unit.ts';
import { openLiquidEngines } from './liquid-engines.ts';
import { builtIns } from './test-data.ts';

const engines = openLiquidEngines();
const brand = { company_name: 'A & B', footer: 'one\ntwo {{ x }}', has_logo: false };

/** What LiquidJS makes by itself: the text, or `!` and the beginning of its complaint. */
function renderSlowly(source: string, variables: object): string {
  try {
    return engines.html.renderSync(engines.html.parse(source), { ...variables, brand, language: 'de' });
  } catch (error) {
    return `!${(error as Error).message.slice(0, 30)}`;
  }
}

function renderQuickly(source: string, variables: object): string {
  const unit = parseUnit({ key: '', version: '', texts: { subject: 'x', html: source, text: '' }, brand }, engines);
  const job = { kind: 'render' as const, unit: '', variables: variables as never, language: 'de', inspectFor: 0 };
  const filled = fillUnit(unit, job, engines);
  return filled.ok ? filled.html : `!${filled.fault.message}`;
}

const same = (source: string, variables: object) => {
  const [quick, slow] = [renderQuickly(source, variables), renderSlowly(source, variables)];
  // Complaints are told in other words; that there is one is what counts.
  expect(slow.startsWith('!') ? quick.slice(0, 1) : quick, source).toBe(slow.startsWith('!') ? '!' : slow);
};

const values = {
  a: 'x <b> & "q"',
  n: 12.5,
  zero: 0,
  none: null,
  yes: true,
  no: false,
  empty: '',
  money: { amount: 1250, currency: 'EUR' },
  day: '2026-12-24',
  deep: { a: { b: ['x', { c: 'y' }] }, size: 'own' },
  list: [{ p: 1, money: { amount: 1, currency: 'USD' } }, { p: 2 }, { p: null }],
  nothing: [],
};

describe('quick nodes make what LiquidJS makes', () => {
  const sources = [
    '{{ a }}{{ n }}{{ none }}{{ yes }}{{ money }}{{ deep }}{{ list }}',
    '{{ a | upcase }}{{ a | raw }}{{ a | lines }}{{ n | number }}{{ day | date }}{{ day | date: "short" }}',
    '{{ money | money }}{{ n | money: "EUR" }}',
    '{{ 1250 | money: "EUR" }}{{ "a<" }}{{ list.size }}{{ list.first.p }}{{ deep.size }}{{ a.size }}{{ nothing.size }}',
    '{{ missing }}',
    '{{ deep.missing }}',
    '{{ none.missing }}',
    '{{ a.constructor }}',
    '{{ deep.__proto__ }}',
    '{{ deep["a"].b[1].c }}{{ deep.a.b[0] }}{{ deep.a.b.first }}',
    '{% if a %}A{% elsif no %}B{% else %}C{% endif %}{% if none %}A{% elsif yes %}B{% endif %}{% if zero %}0{% endif %}{% if empty %}e{% endif %}',
    '{% if n > 12 %}>{% endif %}{% if n == 12.5 %}={% endif %}{% if a contains "b" %}c{% endif %}{% if list.size > 2 %}3{% endif %}',
    '{% if a != "" %}1{% endif %}{% if none < 1 %}2{% endif %}{% if n >= zero %}3{% endif %}{% if a <= n %}4{% endif %}{% if yes == true %}5{% endif %}{% if list != nothing %}6{% endif %}{% if none == false %}7{% endif %}{% if day > "2026" %}8{% endif %}{% if "1" == 1 %}9{% endif %}',
    '{% if missing %}A{% else %}B{% endif %}{% if deep.missing.more %}A{% else %}B{% endif %}{% if a == empty %}E{% endif %}',
    '{% if yes and no or yes %}A{% endif %}{% if none == nil %}N{% endif %}{% if nothing == empty %}E{% endif %}',
    '{% unless no %}U{% else %}V{% endunless %}',
    '{% for i in list %}[{{ i.p }}{% if i.p == 2 %}two{% endif %}]{% endfor %}',
    '{% for i in list %}{% if i.p == 2 %}{% break %}{% endif %}{{ i.p }}{% endfor %}after',
    '{% for i in list %}{% if i.p == 1 %}{% continue %}{% endif %}{{ i.p }}{% endfor %}after',
    '{% for i in list %}{{ forloop.index }}{{ forloop.last }}{% endfor %}',
    '{% for i in list limit: 1 %}{{ i.p }}{% endfor %}{% for i in nothing %}x{% else %}none{% endfor %}{% for i in (1..3) %}{{ i }}{% endfor %}',
    '{% for i in list %}{% for j in list %}{{ i.p }}{{ j.p }}{% if j.p == 2 %}{% break %}{% endif %}{% endfor %};{% endfor %}',
    '{% for a in list %}{{ a.p }}{% endfor %}{{ a }}{% assign a = "new" %}{{ a }}{% capture c %}{{ n }}{% endcapture %}{{ c }}',
    '{% for i in list %}{{ i.money | money }}{% endfor %}',
    '{% for i in list %}{{ i.money | default: "-" }}{% endfor %}',
    '{% case n %}{% when 12.5 %}{{ a }}{% else %}no{% endcase %}{% comment %}{{ x }}{% endcomment %}{% raw %}{{ a }}{% endraw %}',
    '{{ brand.company_name }}{{ brand.footer | lines }}{% if brand.has_logo %}L{% endif %}{{ language }}',
    '{% tablerow i in list %}{{ i.p }}{% endtablerow %}{% increment z %}{% cycle "a", "b" %}{% cycle "a", "b" %}',
  ];
  it.each(sources)('%s', (source) => same(source, values));

  it('whatever the values are', () => {
    const value = fc.oneof(
      fc.constantFrom(null, true, false, 0, 1, '', 'a<b', [], {}, { amount: 1, currency: 'EUR' }, [{ p: 1 }], 'x\ny'),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const names = Object.keys(values);
    fc.assert(
      fc.property(fc.constantFrom(...sources), fc.dictionary(fc.constantFrom(...names), value), (source, more) => {
        same(source, { ...values, ...more });
      }),
      { numRuns: Number(process.env.POSTERN_TEST_RUNS ?? 300) },
    );
  });
});

it('fills the built-in templates alike', () => {
  for (const { content } of builtIns) {
    const variables = Object.fromEntries(content.variables.map(({ name, sample }) => [name, sample ?? null]));
    for (const text of [content.text!, ...content.variants.map((variant) => variant.text!)]) {
      same(text.replaceAll(/brand\.(?!company_name|footer|has_logo)\w+/g, 'brand.company_name'), variables);
    }
  }
});
