/**
 * What makes a message look the same in mail programs that agree on little: each built-in template, in each language, with
 * a logo and without, with its samples and with what is optional left out.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileContent } from './compile-content.ts';
import { previewTemplate } from './preview-template.ts';
import { openTemplateRunner, type TemplateRunner } from './template-runner.worker.ts';
import { branding, builtIns, patientLimits } from './test-data.ts';

const settings = { id: 'smtp_1', name: 'Office', fromName: 'Office', fromEmail: 'o@example.com', replyTo: '' };
const find = async () => settings;
const directory = { read: find, readByName: find, readDefault: find };
const cases = builtIns.flatMap(({ key, content }) =>
  ['en', 'de'].flatMap((language) =>
    [true, false].map((isFull) => [key, language, isFull ? 'full' : 'least', content] as const),
  ),
);

describe('built-in templates', () => {
  let runner: TemplateRunner;
  beforeAll(() => {
    runner = openTemplateRunner('compile', patientLimits);
  });
  afterAll(() => runner.close());

  it('are the six that Postern needs', () => {
    expect(builtIns.map(({ key }) => key).toSorted()).toEqual([
      'invoice',
      'password-changed',
      'password-reset',
      'payment-reminder',
      'test-message',
      'user-invitation',
    ]);
    const secret = builtIns.filter(({ content }) => content.is_secret).map(({ key }) => key);
    expect(secret).toEqual(['password-reset', 'user-invitation']);
  });

  it.each(builtIns)('$key comes as this release compiles it: npm run generate', async ({ content, texts }) => {
    expect(await compileContent(content, runner)).toEqual({ texts, problems: [] });
  });

  it.each(cases)('%s in %s, %s, keeps the rules of mail programs', async (_, language, size, content) => {
    const isFull = size === 'full';
    const full = { footer: 'Acme', legal_text: 'Registered', bank_details: 'IBAN', email: 'a@example.com', phone: '1' };
    const brand = branding(isFull ? { ...full, website: 'https://example.com' } : {}, isFull);
    const missing = content.variables.filter(({ required }) => !required).map(({ name }) => [name, null]);
    const variables = isFull ? {} : Object.fromEntries(missing);
    const parts = { runner, branding: brand, settings: directory, show: () => '' };
    const { problems, html, text, subject, html_bytes } = await previewTemplate(
      content,
      { variables, language },
      parts,
    );
    expect(problems).toEqual([]);
    const page = html!;
    expect(html_bytes).toBeLessThan(100 * 1024);
    // Gmail drops a style block of more than 8,192 characters.
    for (const [, style = ''] of page.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g))
      expect(style.length).toBeLessThan(8000);
    expect(page).not.toMatch(/<(script|iframe|form|object|embed|link|video|svg)\b/i);
    expect(
      page.replace(/<html[^>]*>/, '').match(/(src|background)="(?!data:image|cid:)[^"]*"|url\(|@import/gi),
    ).toBeNull();
    expect(page).toContain('<meta name="color-scheme" content="light dark">');
    expect(page).toContain(`<html lang="${language}"`);
    expect(page).toContain('<meta name="viewport"');
    // Neither pure black nor pure white, which programs that invert by themselves turn into each other.
    const visible = page.replace(/<div style="display:none[\s\S]*?<\/div>/, '').replace(/<!--[\s\S]*?-->/g, '');
    expect(visible).not.toMatch(/#(fff|ffffff|000|000000)\b/i);
    for (const [image] of page.matchAll(/<img\b[^>]*>/g)) expect(image).toMatch(/alt="[^"]+"/);
    expect(page + text + subject).not.toMatch(/\{[{%]|undefined|null|\[object|NaN/);
    expect(text!.length).toBeGreaterThan(80);
    expect(text).not.toMatch(/<[a-z]/i);
    for (const [, link = ''] of page.matchAll(/href="(https:[^"]+)"/g))
      if (link !== 'https://example.com') expect(text).toContain(link);
  });
});
