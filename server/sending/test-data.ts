/** SMTP settings for tests: only the name matters. */
import type { SmtpSettingsFields } from '../smtp-settings/smtp-settings.ts';

export const settingsFields = (name: string): SmtpSettingsFields => ({
  name,
  starttlsOnly: false,
  security: 'none',
  host: 'smtp.example.com',
  port: 587,
  fromName: '',
  fromEmail: 'hub@example.com',
  replyTo: '',
  username: '',
  certificateCheck: 'verify',
  certificateFingerprint: '',
  caCertificate: '',
  tlsMinimum: '1.2',
  authMethod: 'automatic',
  ehloName: '',
  connectTimeoutSeconds: 30,
  replyTimeoutSeconds: 60,
});
