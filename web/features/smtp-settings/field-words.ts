/** What the screen calls each field of SMTP settings, and the one sentence that says what it is for. */
import type { SmtpSettingsInput } from '../../../contracts/smtp-settings.ts';

export type FieldName = keyof SmtpSettingsInput;

/** In the order of the screen: the eight fields everybody needs, then security, then what is folded under More. */
export const fieldOrder = [
  'name',
  'starttlsOnly',
  'host',
  'port',
  'fromName',
  'fromEmail',
  'username',
  'password',
  'security',
  'certificateCheck',
  'certificateFingerprint',
  'caCertificate',
  'tlsMinimum',
  'authMethod',
  'ehloName',
  'replyTo',
  'connectTimeoutSeconds',
  'replyTimeoutSeconds',
] as const satisfies readonly FieldName[];

export const foldedFields: ReadonlySet<FieldName> = new Set(fieldOrder.slice(fieldOrder.indexOf('certificateCheck')));

export const requiredFields: ReadonlySet<FieldName> = new Set(['name', 'host', 'port', 'fromEmail'] as const);

export const fieldLabels: Record<FieldName, string> = {
  name: 'Name',
  starttlsOnly: 'Use STARTTLS Only',
  host: 'Server Host Name',
  port: 'Port',
  fromName: 'From',
  fromEmail: 'Email Address',
  username: 'Username',
  password: 'Password',
  security: 'Security',
  certificateCheck: 'Certificate check',
  certificateFingerprint: 'Trusted fingerprint',
  caCertificate: 'Own CA certificate',
  tlsMinimum: 'Oldest TLS version allowed',
  authMethod: 'Authentication method',
  ehloName: 'EHLO name',
  replyTo: 'Reply-To',
  connectTimeoutSeconds: 'Time-out for connecting',
  replyTimeoutSeconds: 'Time-out for each reply',
};

export const fieldHints: Record<FieldName, string> = {
  name: 'A unique name for these settings, for example the mail server’s.',
  starttlsOnly:
    'Mail leaves only after STARTTLS has encrypted the connection; where the server does not offer it, nothing is sent.',
  host: 'For example smtp.example.com.',
  port: 'Usually 587, or 465 for TLS from the start.',
  fromName: 'The name recipients see; a template’s own From name overrides it.',
  fromEmail: 'The sender’s address; a template’s own overrides it.',
  username: 'The name or address to sign in with. Empty: no authentication.',
  password: 'Stored encrypted and never shown again.',
  security: 'How the connection is encrypted when STARTTLS is not demanded.',
  certificateCheck: 'How the server proves that it is the one you mean.',
  certificateFingerprint: 'SHA-256 of the one certificate to trust: 64 hexadecimal digits, colons allowed.',
  caCertificate: 'The certificate of your own authority, in PEM form; more than one may follow each other.',
  tlsMinimum: 'Refuses servers that can only speak something older.',
  authMethod: 'How the username and password are presented; automatic takes the best one offered.',
  ehloName:
    'The name given in the greeting. Empty: the name of this machine. Some servers refuse names that do not resolve.',
  replyTo: 'Where answers go when that is not Email Address. Empty: to Email Address.',
  connectTimeoutSeconds: 'Seconds to wait for the connection before giving up.',
  replyTimeoutSeconds: 'Seconds to wait for each complete reply of the server.',
};

/** Why the saved password has to be typed again. */
export const passwordAgainWords = {
  host: 'The server host name changed, and the saved password is not sent to another server: type it again.',
  unencrypted:
    'The connection would no longer be encrypted, so the saved password is not used by itself: type it again.',
  certificate: 'Another certificate would be trusted, so the saved password is not used by itself: type it again.',
} as const;

interface Choice<V extends string> {
  value: V;
  label: string;
  hint: string;
}

export const securityWords: readonly Choice<SmtpSettingsInput['security']>[] = [
  {
    value: 'automatic',
    label: 'Automatic',
    hint: 'TLS from the start on port 465, STARTTLS wherever it is offered; a password never crosses an unencrypted line.',
  },
  {
    value: 'tls',
    label: 'TLS from the start',
    hint: 'Encrypted from the first byte, as port 465 expects.',
  },
  {
    value: 'none',
    label: 'None',
    hint: 'Mail and password cross the network readable by anybody on the way; only for a server on this machine or a network you trust.',
  },
];

export const certificateWords: readonly Choice<SmtpSettingsInput['certificateCheck']>[] = [
  {
    value: 'verify',
    label: 'Verify',
    hint: 'The certificate must be valid, match the host name and come from a known authority.',
  },
  {
    value: 'fingerprint',
    label: 'Trust one certificate',
    hint: 'Exactly the certificate with this fingerprint is accepted; a test shows the chain and offers it.',
  },
  {
    value: 'ca',
    label: 'Own CA',
    hint: 'The certificate must match the host name and come from your own authority.',
  },
];

export const tlsMinimumWords: readonly Choice<SmtpSettingsInput['tlsMinimum']>[] = [
  { value: '1.2', label: 'TLS 1.2', hint: 'What nearly every server speaks.' },
  { value: '1.3', label: 'TLS 1.3', hint: 'Newer; older servers will be refused.' },
];

export const authMethodWords: readonly Choice<SmtpSettingsInput['authMethod']>[] = [
  { value: 'automatic', label: 'Automatic', hint: 'The best method the server offers.' },
  {
    value: 'scram-sha-256',
    label: 'SCRAM-SHA-256',
    hint: 'The password itself is not sent, and the server proves that it knows it.',
  },
  { value: 'plain', label: 'PLAIN', hint: 'Name and password in one step; safe inside TLS.' },
  { value: 'login', label: 'LOGIN', hint: 'Name and password in two steps; for older servers.' },
  { value: 'cram-md5', label: 'CRAM-MD5', hint: 'The password itself is not sent; for servers that ask for it.' },
];

const choices: Partial<Record<FieldName, readonly Choice<string>[]>> = {
  security: securityWords,
  certificateCheck: certificateWords,
  tlsMinimum: tlsMinimumWords,
  authMethod: authMethodWords,
};

/** A field's value as a person reads it; never used for the password. */
export function describeValue(field: Exclude<FieldName, 'password'>, value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'On' : 'Off';
  if (value === '') return 'empty';
  const choice = choices[field]?.find((one) => one.value === value);
  if (choice) return choice.label;
  if (field === 'connectTimeoutSeconds' || field === 'replyTimeoutSeconds') return `${value} s`;
  return String(value);
}
