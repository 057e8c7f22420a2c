/**
 * The templates that Postern brings: what it sends by itself, and invoices. A person may change each of them and reset it;
 * those that nobody has changed follow the release. Sources: built-in/KEY.LANGUAGE.mjml and .txt.
 *
 * They come compiled (.liquid, by `npm run generate`): the first mail of an installation, often somebody's password reset,
 * does not wait for MJML to be loaded.
 */

import type { z } from 'zod';
import { TemplateContent } from '../../contracts/template.ts';
import { compilerNumber } from './compiler-number.ts';
import type { BroughtTemplate } from './template.store.ts';

export type BuiltInKey = keyof typeof builtIns;

/** What of Postern sends by them; told before somebody wonders whether one could be deleted. */
export const builtInUses: Readonly<Record<BuiltInKey, string>> = {
  'test-message': 'Test messages of SMTP settings',
  'password-reset': 'Forgotten passwords of Postern’s users',
  'password-changed': 'The notice after a password was changed',
  'user-invitation': 'Invitations of Postern’s users',
  invoice: 'Invoices to billing contacts',
  'payment-reminder': 'Reminders of unpaid invoices',
};

type Input = z.input<typeof TemplateContent>;
type Head = Omit<Input, 'source' | 'text' | 'variants' | 'format' | 'language' | 'subject'> & {
  subjects: { en: string; de: string };
};

const optional = { required: false } as const;
const person = [
  { name: 'name', type: 'text', ...optional, description: 'Of the person, for the greeting', sample: 'Ada Lovelace' },
  { name: 'email', type: 'text', description: 'The address the account signs in with', sample: 'ada@example.com' },
] as const;
const account = [
  { name: 'contact_name', type: 'text', ...optional, description: 'Of the billing contact', sample: 'Grace Hopper' },
  { name: 'account_name', type: 'text', description: 'The company that is invoiced', sample: 'Navy Computing Ltd' },
  { name: 'number', type: 'text', description: 'Of the invoice', sample: 'R-2026-0042' },
  { name: 'issued_on', type: 'date', description: 'The date on the invoice', sample: '2026-11-22' },
  { name: 'due_on', type: 'date', description: 'When it is to be paid', sample: '2026-12-06' },
] as const;
const notes = {
  name: 'notes',
  type: 'text',
  ...optional,
  description: 'For this customer, in lines',
  sample: null,
} as const;

const eur = (amount: number) => ({ amount, currency: 'EUR' });

const builtIns = {
  'test-message': {
    name: 'Test message',
    subjects: { en: 'Postern test: {{ smtp_settings }} works', de: 'Postern-Test: {{ smtp_settings }} funktioniert' },
    lane: 'urgent',
    variables: [
      { name: 'smtp_settings', type: 'text', description: 'Name of the SMTP settings', sample: 'Office' },
      { name: 'server', type: 'text', description: 'Host and port', sample: 'smtp.example.com, port 587' },
      { name: 'requested_by', type: 'text', description: 'Who asked for the test', sample: 'ada@example.com' },
      { name: 'sent_at', type: 'date', description: 'When', sample: '2026-11-22T10:44:00Z' },
    ],
  },
  'password-reset': {
    name: 'Password reset',
    subjects: { en: 'Choose a new password', de: 'Neues Passwort wählen' },
    lane: 'urgent',
    is_secret: true,
    variables: [
      ...person,
      {
        name: 'link',
        type: 'url',
        description: 'Works once',
        sample: 'https://mail.example.com/password-reset#sample-token',
      },
      { name: 'expires_minutes', type: 'number', description: 'How long the link works', sample: 30 },
    ],
  },
  'password-changed': {
    name: 'Password changed',
    subjects: { en: 'Your password was changed', de: 'Ihr Passwort wurde geändert' },
    lane: 'urgent',
    variables: [
      ...person,
      { name: 'changed_at', type: 'date', description: 'When', sample: '2026-11-22T10:44:00Z' },
      {
        name: 'link',
        type: 'url',
        description: 'Where a new one is chosen',
        sample: 'https://mail.example.com/password-reset',
      },
    ],
  },
  'user-invitation': {
    name: 'User invitation',
    subjects: { en: '{{ invited_by }} invites you', de: 'Einladung von {{ invited_by }}' },
    lane: 'urgent',
    is_secret: true,
    variables: [
      ...person,
      { name: 'invited_by', type: 'text', description: 'Who invites', sample: 'Charles Babbage' },
      {
        name: 'link',
        type: 'url',
        description: 'Works once',
        sample: 'https://mail.example.com/invitation#sample-token',
      },
      { name: 'expires_at', type: 'date', description: 'Until when it works', sample: '2026-11-25T10:44:00Z' },
    ],
  },
  invoice: {
    name: 'Invoice',
    subjects: { en: 'Invoice {{ number }}', de: 'Rechnung {{ number }}' },
    lane: 'normal',
    variables: [
      ...account,
      { name: 'total', type: 'money', description: 'What is to be paid, tax included', sample: eur(148_750) },
      { name: 'reference', type: 'text', ...optional, description: 'The customer’s own', sample: 'PO 4711' },
      {
        name: 'lines',
        type: 'list',
        ...optional,
        description: 'Each with description, quantity, unit_price and amount',
        sample: [
          { description: 'Support, November 2026', quantity: 1, unit_price: eur(100_000), amount: eur(100_000) },
          { description: 'Additional mailboxes', quantity: '12.5', unit_price: eur(2_000), amount: eur(25_000) },
        ],
      },
      { name: 'subtotal', type: 'money', ...optional, description: 'Without tax', sample: eur(125_000) },
      {
        name: 'taxes',
        type: 'list',
        ...optional,
        description: 'Each with rate (per cent) and amount',
        sample: [{ rate: 19, amount: eur(23_750) }],
      },
      notes,
    ],
  },
  'payment-reminder': {
    name: 'Payment reminder',
    subjects: { en: 'Reminder: invoice {{ number }} is open', de: 'Erinnerung: Rechnung {{ number }} ist offen' },
    lane: 'normal',
    variables: [
      ...account,
      { name: 'open_amount', type: 'money', description: 'What is still to be paid', sample: eur(148_750) },
      { name: 'days_overdue', type: 'number', description: 'Since it was due', sample: 14 },
      notes,
    ],
  },
} satisfies Record<string, Head | object>;

type Read = (file: string) => string;

/** @param read hands over a file of built-in/. */
export const readBuiltIns = (read: Read): (BroughtTemplate & { key: BuiltInKey })[] =>
  readBuiltInSources(read).map(({ key, content }) => {
    const compiled = [content, ...content.variants].map(({ language, subject, text }) => {
      return [language, { subject, html: read(compiledFile(key, language)), text: text ?? '' }] as const;
    });
    return { key, content, texts: { compiler: compilerNumber, languages: Object.fromEntries(compiled) } };
  });

/** HTML with the Liquid still in it. */
export const compiledFile = (key: string, language: string): string => `${key}.${language}.liquid`;

/** What people see and change of them. */
export const readBuiltInSources = (read: Read): { key: BuiltInKey; content: TemplateContent }[] =>
  Object.entries(builtIns as unknown as Record<BuiltInKey, Head>).map(([key, { subjects, ...head }]) => {
    const write = (language: 'en' | 'de') => ({
      language,
      subject: subjects[language],
      source: read(`${key}.${language}.mjml`),
      text: read(`${key}.${language}.txt`),
    });
    const content = TemplateContent.parse({ ...head, ...write('en'), format: 'mjml', variants: [write('de')] });
    return { key: key as BuiltInKey, content };
  });
