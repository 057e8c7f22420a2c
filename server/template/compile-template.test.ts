import { describe, expect, it } from 'vitest';
import { compileTemplate, type TemplateSource } from './compile-template.ts';
import { openLiquidEngines } from './liquid-engines.ts';

const engines = openLiquidEngines();
const compile = (change: Partial<TemplateSource>) =>
  compileTemplate({ format: 'mjml', subject: 'Hi', source: '', text: null, ...change }, engines);
const section = (inside: string) => `<mj-section><mj-column>${inside}</mj-column></mj-section>`;

describe('a template that is saved', () => {
  it('becomes HTML with the layout around it and the Liquid in it, and a text', async () => {
    const { texts, problems, variables } = await compile({
      source: section('<mj-text>Hello {{ name }}</mj-text><mj-button href="{{ link }}">Go</mj-button>'),
    });
    expect(problems).toEqual([]);
    expect(texts!.html).toContain('Hello {{ name }}');
    expect(texts!.html).toContain('href="{{ link }}"');
    expect(texts!.html).toContain('bgcolor="{{ brand.color }}"');
    expect(texts!.html).toContain('prefers-color-scheme: dark');
    expect(texts!.text).toMatch(/Hello \{\{ name \}\}\s+Go \(\{\{ link \}\}\)/);
    expect(variables.toSorted()).toEqual(['link', 'name']);
  });

  it('may be plain HTML, which MJML does not read', async () => {
    const { texts } = await compile({ format: 'html', source: '<p class=x>a <b>b</p> </mj-text> {{ n }}' });
    expect(texts!.html).toContain('<p class=x>a <b>b</p> </mj-text> {{ n }}');
  });

  it('may bring a document of its own', async () => {
    const html = '<!doctype html><html><body>{{ n }}</body></html>';
    expect((await compile({ format: 'html', source: html })).texts!.html).toBe(html);
    const mjml =
      '<mjml><mj-body><mj-section><mj-column><mj-text>Own</mj-text></mj-column></mj-section></mj-body></mjml>';
    const own = (await compile({ source: mjml })).texts!.html;
    expect([own.includes('Own'), own.includes('brand.')]).toEqual([true, false]);
  });

  it('loads nothing from elsewhere: MJML’s own fonts are left out', async () => {
    const { texts } = await compile({ source: section('<mj-text font-family="Roboto, Arial">x</mj-text>') });
    expect(texts!.html).not.toMatch(/fonts\.googleapis|@import|<link/);
  });

  const wrong: [name: string, change: Partial<TemplateSource>, path: string, line: number | null, words: RegExp][] = [
    ['a tag that is not closed', { source: section('<mj-text>\n{% if a %}</mj-text>') }, 'source', 2, /not closed/],
    ['an unknown filter', { source: section('<mj-text>{{ a | shout }}</mj-text>') }, 'source', 1, /shout/],
    ['an unknown tag in the subject', { subject: '{% foo %}', source: section('') }, 'subject', 1, /foo/],
    ['an open output in the text', { text: 'a\n{{ b', source: section('') }, 'text', 2, /not closed/],
    ['a tag that MJML does not know', { source: `\n${section('\n<mj-txt>x</mj-txt>')}` }, 'source', 3, /mj-txt/],
    [
      'a fault below a preview of several lines',
      { source: `<mj-preview>\none\ntwo\n</mj-preview>\n${section('\n<mj-txt>x</mj-txt>')}` },
      'source',
      6,
      /mj-txt/,
    ],
    [
      'an attribute that it does not know',
      { source: section('<mj-text colour="red">x</mj-text>') },
      'source',
      1,
      /colour/,
    ],
    ['Liquid where MJML takes none', { source: `\n{% if a %}${section('')}{% endif %}` }, 'source', 2, /mj-raw/],
    ['MJML that is not closed', { source: '<mj-section><mj-column>' }, 'source', null, /./],
  ];
  it.each(wrong)('with %s is refused, and the place named', async (_, change, path, line, words) => {
    const { texts, problems } = await compile(change);
    expect(texts).toBeNull();
    const errors = problems.filter(({ severity }) => severity === 'error');
    expect(errors[0]).toMatchObject({ path, ...(line !== null && { line }) });
    expect(errors.map(({ message }) => message).join()).toMatch(words);
  });

  it('is told that raw puts a value in as it is', async () => {
    const { problems } = await compile({ source: section('<mj-text>{{ a | raw }}</mj-text>') });
    expect(problems).toMatchObject([{ severity: 'warning', code: 'unescaped' }]);
  });
});
