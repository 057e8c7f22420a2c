/** Branding as templates read it: `brand.…`. */
import type { Branding, BrandingChanges } from '../../contracts/branding.ts';
import type { StoredBranding } from './branding.store.ts';
import { chooseTextOn, makeReadable } from './contrast.ts';

export type BrandingFields = Omit<Branding, 'logo' | 'version' | 'updated_at' | 'updated_by'>;

export const emptyBranding: BrandingFields = {
  company_name: '',
  website: '',
  color: '#0f766e',
  color_on: '',
  footer: '',
  legal_text: '',
  address: '',
  vat_number: '',
  bank_details: '',
  email: '',
  phone: '',
};

/** How large a logo is shown at most; a larger one stays sharp on fine screens. */
const mostWidth = 220;
const mostHeight = 56;
const [lightGround, darkGround] = ['#fdfefe', '#212828'];

export const brandValuesOf = (
  fields: BrandingFields,
  logo: { width: number; height: number } | null,
): Record<string, string | boolean> => {
  const scale = logo ? Math.min(1, mostWidth / logo.width, mostHeight / logo.height) : 0;
  return {
    ...fields,
    color_on: fields.color_on || chooseTextOn(fields.color),
    color_link: makeReadable(fields.color, lightGround),
    color_dark: makeReadable(fields.color, darkGround),
    has_logo: logo !== null,
    logo_width: String(Math.max(1, Math.round((logo?.width ?? 0) * scale))),
    logo_height: String(Math.max(1, Math.round((logo?.height ?? 0) * scale))),
  };
};

/** As it would be with these changes, which are not saved. */
export const layOver = (stored: StoredBranding, { version: _, ...changes }: BrandingChanges = {}): StoredBranding => {
  const { logo, version: _version, updated_at: _at, updated_by: _by, ...fields } = stored.branding;
  const unsaved = { ...fields, ...(changes as Partial<BrandingFields>) };
  return { ...stored, branding: { ...stored.branding, ...unsaved }, values: brandValuesOf(unsaved, logo) };
};
