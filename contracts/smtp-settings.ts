/**
 * SMTP settings: one configured outgoing server. The screen's own words; see docs/glossary.md.
 * The password goes in and never comes out: no output schema here has a key for it, only `hasPassword`.
 */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { line } from './line.ts';
import { pageOf, Time } from './page.ts';

export const SmtpSettingsId = z.string().regex(/^smtp_[0-9a-z]{26}$/, 'Not the id of SMTP settings.');

const hostName =
  /^(?=.{1,253}$)(?!.*\.\.)[\p{L}\p{N}]([\p{L}\p{N}_-]*[\p{L}\p{N}])?(\.[\p{L}\p{N}_]([\p{L}\p{N}_-]*[\p{L}\p{N}])?)*\.?$/u;
const ipv6 = /^\[?[0-9a-f:.]*:[0-9a-f:.]*\]?$/i;

/** A host name or an IP address; no scheme, port, path or space. */
export const Host = line(253).refine(
  (value) => value === '' || hostName.test(value) || ipv6.test(value),
  'Give only the host name, such as smtp.example.com: no https://, port or path.',
);

/** `local@domain`: what may stand between the angle brackets (RFC 5321 §4.1.2 Mailbox; no comments, groups, quotes). */
export const EmailAddress = line(254).refine(
  (value) => /^[^\s@<>()[\]\\,;:"]+@[^\s@<>()[\]\\,;:"]+$/.test(value) && !/^\.|\.\.|\.@|@\.|\.$|@-/.test(value),
  'Give one e-mail address, such as billing@example.com.',
);

export const securityChoices = ['automatic', 'tls', 'none'] as const;
export const certificateChecks = ['verify', 'fingerprint', 'ca'] as const;
export const tlsMinimums = ['1.2', '1.3'] as const;
export const authMethods = ['automatic', 'scram-sha-256', 'plain', 'login', 'cram-md5'] as const;

const optionalAddress = z.union([z.literal(''), EmailAddress]);
const seconds = (max: number) =>
  z.number().int('Give whole seconds.').min(1, 'At least 1 second.').max(max, `At most ${max} seconds.`);

const fields = {
  name: line(100).min(1, 'Give these settings a name, for example the mail server’s.'),
  starttlsOnly: z.boolean(),
  /** Looked at only while `starttlsOnly` is false. */
  security: z.enum(securityChoices),
  host: Host.min(1, 'Give the host name of the outgoing mail server.'),
  port: z
    .number({ error: 'Give the port as a number, usually 587 or 465.' })
    .int('A port is a whole number.')
    .min(1, 'A port is between 1 and 65535.')
    .max(65535, 'A port is between 1 and 65535.'),
  fromName: line(200),
  fromEmail: EmailAddress,
  replyTo: optionalAddress,
  /** Empty: no authentication. */
  username: line(320),
  certificateCheck: z.enum(certificateChecks),
  /** SHA-256 of the trusted certificate, 64 hexadecimal digits (colons are taken out); with `fingerprint`. */
  certificateFingerprint: z
    .string()
    .trim()
    .transform((value) => value.replaceAll(':', '').toLowerCase())
    .refine(
      (value) => value === '' || /^[0-9a-f]{64}$/.test(value),
      'Give the SHA-256 fingerprint: 64 hexadecimal digits.',
    ),
  /** PEM, one or more certificates; with `ca`. */
  caCertificate: z
    .string()
    .trim()
    .max(65536, 'At most 64 KB.')
    .refine(
      (value) => value === '' || /^-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----$/.test(value),
      'Paste the certificate in PEM form, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.',
    ),
  tlsMinimum: z.enum(tlsMinimums),
  authMethod: z.enum(authMethods),
  /** Empty: the name of this machine. */
  ehloName: z
    .string()
    .trim()
    .max(253, 'At most 253 characters.')
    .refine(
      (value) =>
        value === '' ||
        /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(value) ||
        /^\[[0-9a-f:.]+\]$/i.test(value),
      'Give a host name, such as mail.example.com, or an address in brackets.',
    ),
  connectTimeoutSeconds: seconds(120),
  /** For each reply of the server. */
  replyTimeoutSeconds: seconds(600),
};

const password = z
  .string()
  .max(1024, 'At most 1,024 characters.')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 4616 forbids NUL in a password; CR and LF cannot be meant
  .refine((value) => !/[\u0000\r\n]/.test(value), 'Remove line breaks from the password.');

/** The defaults of what need not be given. */
export const smtpSettingsDefaults = {
  starttlsOnly: false,
  security: 'automatic',
  fromName: '',
  replyTo: '',
  username: '',
  certificateCheck: 'verify',
  certificateFingerprint: '',
  caCertificate: '',
  tlsMinimum: '1.2',
  authMethod: 'automatic',
  ehloName: '',
  connectTimeoutSeconds: 10,
  replyTimeoutSeconds: 60,
} as const;

const d = smtpSettingsDefaults;

/** Body of create. `password` is write-only; unknown keys are refused. */
export const SmtpSettingsInput = z.strictObject({
  name: fields.name,
  starttlsOnly: fields.starttlsOnly.default(d.starttlsOnly),
  security: fields.security.default(d.security),
  host: fields.host,
  port: fields.port,
  fromName: fields.fromName.default(d.fromName),
  fromEmail: fields.fromEmail,
  replyTo: fields.replyTo.default(d.replyTo),
  username: fields.username.default(d.username),
  password: password.optional(),
  certificateCheck: fields.certificateCheck.default(d.certificateCheck),
  certificateFingerprint: fields.certificateFingerprint.default(d.certificateFingerprint),
  caCertificate: fields.caCertificate.default(d.caCertificate),
  tlsMinimum: fields.tlsMinimum.default(d.tlsMinimum),
  authMethod: fields.authMethod.default(d.authMethod),
  ehloName: fields.ehloName.default(d.ehloName),
  connectTimeoutSeconds: fields.connectTimeoutSeconds.default(d.connectTimeoutSeconds),
  replyTimeoutSeconds: fields.replyTimeoutSeconds.default(d.replyTimeoutSeconds),
});
export type SmtpSettingsInput = z.output<typeof SmtpSettingsInput>;

/** Body of PATCH: any of the fields. `password: ""` or `null` forgets the stored one. */
export const SmtpSettingsChanges = z
  .strictObject({ ...fields, password: password.nullable(), version: z.number().int().positive() })
  .partial();
export type SmtpSettingsChanges = z.output<typeof SmtpSettingsChanges>;

/** What the outside sees. Rows managed by a file cannot be changed here. */
export const SmtpSettings = z.object({
  id: SmtpSettingsId,
  name: z.string(),
  /** What names no settings goes by the default ones. One of them is, as soon as there are any. */
  isDefault: z.boolean(),
  starttlsOnly: z.boolean(),
  security: z.enum(securityChoices),
  host: z.string(),
  port: z.number().int(),
  fromName: z.string(),
  fromEmail: z.string(),
  replyTo: z.string(),
  username: z.string(),
  hasPassword: z.boolean(),
  passwordSetAt: Time.nullable(),
  certificateCheck: z.enum(certificateChecks),
  certificateFingerprint: z.string(),
  caCertificate: z.string(),
  tlsMinimum: z.enum(tlsMinimums),
  authMethod: z.enum(authMethods),
  ehloName: z.string(),
  connectTimeoutSeconds: z.number().int(),
  replyTimeoutSeconds: z.number().int(),
  managedBy: z.enum(['screen', 'file']),
  lastTestedAt: Time.nullable(),
  /** Null when never tested. */
  lastTestOk: z.boolean().nullable(),
  /** The title of the last failure; empty when the last test passed or there was none. */
  lastTestProblem: z.string(),
  lastUsedAt: Time.nullable(),
  /** When a test or a delivery last heard what the server offers; null: not since host, port, security or user name changed. */
  serverSeenAt: Time.nullable(),
  /** The largest message it took then (SIZE, RFC 1870); null: it named no limit. */
  sizeLimitBytes: z.number().int().nullable(),
  /** When it last offered STARTTLS; null: it never did. */
  starttlsSeenAt: Time.nullable(),
  createdAt: Time,
  updatedAt: Time,
  /** The e-mail address of whoever saved last, or `api key NAME`. */
  updatedBy: z.string(),
  version: z.number().int(),
});
export type SmtpSettings = z.infer<typeof SmtpSettings>;

/** A list carries no certificates: they are long, and few. */
export const SmtpSettingsPage = pageOf(SmtpSettings.omit({ caCertificate: true }));

const tag = 'SMTP settings';
const path = '/api/v1/smtp-settings';
const params = z.object({ id: SmtpSettingsId });

export const listSmtpSettings = defineEndpoint({
  method: 'GET',
  path,
  tag,
  summary: 'List SMTP settings by name; `filter` matches name, host and addresses',
  access: { role: 'viewer', scope: ['read', 'smtp-settings'] },
  query: z.object({
    filter: z.string().max(200).default(''),
    cursor: z.string().max(500).optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
  status: 200,
  reply: SmtpSettingsPage,
});

export const createSmtpSettings = defineEndpoint({
  method: 'POST',
  path,
  tag,
  summary: 'Add SMTP settings',
  access: { role: 'administrator', scope: 'smtp-settings' },
  body: SmtpSettingsInput,
  status: 201,
  reply: SmtpSettings,
});

export const readSmtpSettings = defineEndpoint({
  method: 'GET',
  path: `${path}/:id`,
  tag,
  summary: 'Read SMTP settings',
  access: { role: 'viewer', scope: ['read', 'smtp-settings'] },
  params,
  status: 200,
  reply: SmtpSettings,
});

export const changeSmtpSettings = defineEndpoint({
  method: 'PATCH',
  path: `${path}/:id`,
  tag,
  summary:
    'Change SMTP settings; `If-Match` (or `version` in the body) refuses the change when somebody saved in between',
  access: { role: 'administrator', scope: 'smtp-settings' },
  params,
  isConditional: true,
  body: SmtpSettingsChanges,
  status: 200,
  reply: SmtpSettings,
});

export const deleteSmtpSettings = defineEndpoint({
  method: 'DELETE',
  path: `${path}/:id`,
  tag,
  summary: 'Delete SMTP settings',
  access: { role: 'administrator', scope: 'smtp-settings' },
  params,
  status: 204,
});

export const makeDefaultSmtpSettings = defineEndpoint({
  method: 'POST',
  path: `${path}/:id/make-default`,
  tag,
  summary:
    'Make these the default: mail that names no SMTP settings goes by them. The first ones that are added are it',
  access: { role: 'administrator', scope: 'smtp-settings' },
  params,
  status: 200,
  reply: SmtpSettings,
});

/** What still refers to these settings; the delete question names it. */
export const readSmtpSettingsUsage = defineEndpoint({
  method: 'GET',
  path: `${path}/:id/usage`,
  tag,
  summary: 'What still uses these settings',
  access: { role: 'viewer', scope: ['read', 'smtp-settings'] },
  params,
  status: 200,
  reply: z.object({ data: z.array(z.object({ kind: z.string(), name: z.string() })) }),
});
