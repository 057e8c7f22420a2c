/** Branding: what the layout of every template shows of the company, set once. Templates read it as `brand.…`. */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { line } from './line.ts';
import { Time } from './page.ts';

/** Also of what is sent in the body, before it is base64. */
export const logoLimitBytes = 200 * 1024;

const lines = (max: number) =>
  z
    .string()
    .trim()
    .max(max, `At most ${max} characters.`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point
    .refine((value) => !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(value), 'Remove control characters.');
const color = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^#[0-9a-f]{6}$/, 'Give a colour such as #0f766e.');
const webAddress = z.union([
  z.literal(''),
  line(500).refine((value) => /^https:\/\/[^\s"<>]+$/i.test(value), 'Give a web address that begins with https://.'),
]);

/** In `brand.…` under the same names. */
const fields = {
  /** Of the company, in the header where there is no logo, as the logo's alternative text, and in the footer. */
  company_name: line(200),
  /** Where the logo leads. */
  website: webAddress,
  /** Buttons, links and the line under the header. */
  color,
  /** Text on a button; chosen by contrast where it is empty. */
  color_on: z.union([z.literal(''), color]),
  /** One or more lines of plain text at the end of every message. */
  footer: lines(1000),
  /** In smaller type under it: registered office, register number, directors. */
  legal_text: lines(2000),
  /** For invoices: postal address in lines, VAT number, bank details in lines. */
  address: lines(500),
  vat_number: line(50),
  bank_details: lines(500),
  email: line(254),
  phone: line(50),
};

export const Branding = z.object({
  ...fields,
  /** Null: there is none. Its bytes: `readLogo`. In messages it is an inline image, `cid:logo`. */
  logo: z
    .object({
      content_type: z.enum(['image/png', 'image/jpeg']),
      width: z.number().int(),
      height: z.number().int(),
      size_bytes: z.number().int(),
    })
    .nullable(),
  version: z.number().int(),
  updated_at: Time.nullable(),
  updated_by: z.string(),
});
export type Branding = z.infer<typeof Branding>;

export const BrandingChanges = z.strictObject({ ...fields, version: z.number().int().nonnegative() }).partial();
export type BrandingChanges = z.output<typeof BrandingChanges>;

const tag = 'Branding';
const path = '/api/v1/branding';
const read = { role: 'viewer', scope: 'read' } as const;
const write = { role: 'administrator', scope: 'admin' } as const;

export const readBranding = defineEndpoint({
  method: 'GET',
  path,
  tag,
  summary: 'What the layout of every template shows of the company',
  access: read,
  status: 200,
  reply: Branding,
});

export const changeBranding = defineEndpoint({
  method: 'PATCH',
  path,
  tag,
  summary:
    'Change it, from the next message on; `If-Match` (or `version` in the body) refuses it when somebody saved in between',
  access: write,
  isConditional: true,
  body: BrandingChanges,
  status: 200,
  reply: Branding,
});

export const changeLogo = defineEndpoint({
  method: 'POST',
  path: `${path}/logo`,
  tag,
  summary: 'Set the logo: a PNG or JPEG of at most 200 KB and 2000 × 2000 points, in base64. SVG is refused',
  access: write,
  body: z.strictObject({ content: z.string().min(1, 'Give the picture in base64.') }),
  status: 200,
  reply: Branding,
});

export const deleteLogo = defineEndpoint({
  method: 'DELETE',
  path: `${path}/logo`,
  tag,
  summary: 'Show the name of the company instead of a logo',
  access: write,
  status: 204,
});

/** 404 while there is none. With `nosniff` and a policy that lets it run nothing. */
export const readLogo = defineEndpoint({
  method: 'GET',
  path: `${path}/logo`,
  tag,
  summary: 'The logo, as it was set',
  access: read,
  status: 200,
  produces: 'image/png',
});
