/**
 * What a message of the invoice template costs, compiled: all that lies between its variables and its subject, HTML and text,
 * the way to the template process and back included. The best round counts: what else the machine does can only make one
 * slower.
 */
import { readFileSync } from 'node:fs';
import { brandValuesOf, emptyBranding } from '../server/branding/brand-values.ts';
import type { StoredBranding } from '../server/branding/branding.store.ts';
import { readBuiltIns } from '../server/template/built-in-templates.ts';
import { compileContent } from '../server/template/compile-content.ts';
import { renderTemplate } from '../server/template/render-template.ts';
import { openTemplateRunner } from '../server/template/template-runner.worker.ts';
import { atMost, type Figure } from './figure.ts';

const rounds = 40;
const messages = 400;
const limitMicroseconds = 100;

const fields = {
  ...emptyBranding,
  company_name: 'Analytical Engines Ltd',
  footer: '12 Mill Lane, Cambridge',
  bank_details: 'IBAN DE02 1203 0000 0000 2020 51\nBIC BYLADEM1001',
  email: 'billing@example.com',
};
const branding: StoredBranding = {
  branding: { ...fields, logo: null, version: 1, updated_at: null, updated_by: '' },
  values: brandValuesOf(fields, null),
  logo: null,
};
const eur = (amount: number) => ({ amount, currency: 'EUR' });

export const measureTemplate = async (): Promise<Figure[]> => {
  const [runner, compiler] = [openTemplateRunner('render'), openTemplateRunner('compile')];
  try {
    const folder = new URL('../server/template/built-in/', import.meta.url);
    const builtIns = readBuiltIns((file) => readFileSync(new URL(file, folder), 'utf8'));
    const { content } = builtIns.find(({ key }) => key === 'invoice')!;
    const { texts, problems } = await compileContent(content, compiler);
    if (!texts) throw new Error(JSON.stringify(problems));
    const template = { id: 'tpl_0', key: 'invoice', version: 1, content, texts };
    const samples = Object.fromEntries(content.variables.map(({ name, sample }) => [name, sample ?? null]));
    const write = (place: number) => ({
      ...samples,
      number: `R-${place}`,
      total: eur(place * 119),
      lines: [1, 2, 3].map((line) => ({
        description: `Item ${line} of ${place}`,
        quantity: line,
        unit_price: eur(place * 100),
        amount: eur(place * 100 * line),
      })),
    });
    const all = Array.from({ length: messages }, (_, place) => write(place));
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const start = performance.now();
      const made = await Promise.all(
        all.map((variables) => renderTemplate({ template, branding, variables, language: 'de' }, runner)),
      );
      times.push(((performance.now() - start) / messages) * 1000);
      if (!made.every(({ ok }) => ok)) throw new Error('an invoice was not rendered');
    }
    return [atMost('invoice template, rendered', Math.min(...times), 'µs', limitMicroseconds)];
  } finally {
    await Promise.all([runner.close(), compiler.close()]);
  }
};
