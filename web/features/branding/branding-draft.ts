/** The form of Branding as it stands, compared with what is saved; only what differs leaves the browser. */
import { type Branding, BrandingChanges } from '../../../contracts/branding.ts';

export const brandingFields = [
  'company_name',
  'website',
  'email',
  'phone',
  'color',
  'color_on',
  'footer',
  'legal_text',
  'address',
  'vat_number',
  'bank_details',
] as const;

export type BrandingField = (typeof brandingFields)[number];
export type BrandingDraft = Record<BrandingField, string>;
export type BrandingProblems = Partial<Record<BrandingField, string>>;

export const brandingLabels: Record<BrandingField, string> = {
  company_name: 'Company',
  website: 'Website',
  email: 'E-mail',
  phone: 'Telephone',
  color: 'Colour',
  color_on: 'Text on buttons',
  footer: 'Footer',
  legal_text: 'Legal text',
  address: 'Postal address',
  vat_number: 'VAT number',
  bank_details: 'Bank details',
};

export const draftOf = (saved: Branding): BrandingDraft =>
  Object.fromEntries(brandingFields.map((field) => [field, saved[field]])) as BrandingDraft;

export const changedFields = (draft: BrandingDraft, saved: Branding): BrandingField[] =>
  brandingFields.filter((field) => draft[field].trim() !== saved[field]);

export const changesOf = (draft: BrandingDraft, saved: Branding): BrandingChanges =>
  Object.fromEntries(changedFields(draft, saved).map((field) => [field, draft[field].trim()]));

/** By the rules that the server goes by; one problem a field. */
export function checkDraft(draft: BrandingDraft): BrandingProblems {
  const problems: BrandingProblems = {};
  for (const issue of BrandingChanges.safeParse(draft).error?.issues ?? []) {
    const field = issue.path[0] as BrandingField | undefined;
    if (field) problems[field] ??= issue.message;
  }
  return problems;
}

/** What of it can be shown while it is typed: what breaks a rule stays as it was. */
export function previewable(draft: BrandingDraft, saved: Branding): BrandingChanges {
  const problems = checkDraft(draft);
  const changes = changesOf(draft, saved);
  return Object.fromEntries(
    Object.entries(changes).filter(([field]) => problems[field as BrandingField] === undefined),
  );
}
