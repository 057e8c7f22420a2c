/** Templates for the tests of this folder; nothing in the product imports them. */
import { readFileSync } from 'node:fs';
import { TemplateContent } from '../../contracts/template.ts';
import { brandValuesOf, emptyBranding } from '../branding/brand-values.ts';
import type { StoredBranding } from '../branding/branding.store.ts';
import { readBuiltIns } from './built-in-templates.ts';
import type { RunnerLimits } from './template-runner.worker.ts';

export const content = (change: Record<string, unknown> = {}): TemplateContent =>
  TemplateContent.parse({
    name: 'Order shipped',
    subject: 'Order {{ number }}',
    source: '<p>Order {{ number }} is on its way.</p>',
    format: 'html',
    variables: [{ name: 'number', type: 'text', sample: 'A-1' }],
    ...change,
  });

export const builtIns = readBuiltIns((file) => readFileSync(new URL(`./built-in/${file}`, import.meta.url), 'utf8'));

/** A grey square of one point. */
export const onePoint = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
  'base64',
);

export const branding = (change: Partial<typeof emptyBranding> = {}, hasLogo = false): StoredBranding => {
  const fields = { ...emptyBranding, company_name: 'Acme & Söhne', ...change };
  const size = hasLogo ? { width: 300, height: 100 } : null;
  return {
    branding: { ...fields, logo: null, version: 1, updated_at: null, updated_by: '' },
    values: brandValuesOf(fields, size),
    logo: hasLogo ? { contentType: 'image/png', bytes: onePoint } : null,
  };
};

/** A machine that tests run on may be busy with others: everything may take longer, nothing may take for ever. */
export const patientLimits: RunnerLimits = {
  jobMs: 8000,
  groupMs: 4000,
  memoryBytes: 96 * 1024 * 1024,
  refusedMs: 10_000,
  idleMs: 60_000,
};
