/** The test ladder: what each rung found, and when it stopped, what that means and how to repair it. */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { EmailAddress, SmtpSettingsChanges, SmtpSettingsId } from './smtp-settings.ts';

export const ladderSteps = ['dns', 'tcp', 'tls', 'ehlo', 'auth', 'mail', 'rcpt', 'data'] as const;
export type LadderStep = (typeof ladderSteps)[number];

/** Every reason a test can stop for. docs/errors.md lists what each one means. */
export const failureCodes = [
  // dns
  'dns-not-found',
  'dns-timeout',
  'dns-failed',
  'address-refused',
  // tcp
  'connection-refused',
  'connection-timeout',
  'host-unreachable',
  'connection-failed',
  // tls
  'tls-expected',
  'tls-not-spoken',
  'starttls-not-offered',
  'starttls-gone',
  'starttls-refused',
  'tls-handshake-timeout',
  'tls-failed',
  'tls-version-too-old',
  'certificate-expired',
  'certificate-not-yet-valid',
  'certificate-wrong-name',
  'certificate-self-signed',
  'certificate-untrusted',
  'certificate-revoked',
  'certificate-not-pinned',
  // ehlo (the greeting belongs to it)
  'greeting-timeout',
  'not-smtp',
  'greeting-refused',
  'server-busy',
  'ehlo-refused',
  'ehlo-name-refused',
  // auth
  'auth-not-offered',
  'auth-needs-tls',
  'auth-method-not-offered',
  'auth-failed',
  'auth-temporary',
  'auth-app-password',
  'auth-basic-disabled',
  'password-missing',
  'password-locked',
  // mail, rcpt, data
  'auth-required',
  'sender-refused',
  'relay-refused',
  'recipient-unknown',
  'recipient-refused',
  'recipient-deferred',
  'message-too-large',
  'content-refused',
  'message-refused',
  'message-deferred',
  'smtputf8-not-offered',
  'rate-limited',
  'quota-exceeded',
  // anywhere
  'reply-timeout',
  'slow-server',
  'connection-lost',
  'uncertain',
  'desync',
  'protocol-error',
  'cancelled',
] as const;
export type FailureCode = (typeof failureCodes)[number];

export const LadderRung = z.object({
  step: z.enum(ladderSteps),
  /** `running` occurs only in the live stream; `skipped`: not needed, or not reached. */
  status: z.enum(['running', 'ok', 'failed', 'skipped']),
  /** Milliseconds, of the monotonic clock; null unless it ran. */
  ms: z.number().nullable(),
  /** What was found, in plain words: `192.0.2.1`, `TLSv1.3 TLS_AES_256_GCM_SHA384, certificate valid for 62 days`. */
  detail: z.string(),
  /** The server's own words, `250 2.1.5 Ok`; empty where no reply belongs to the rung. Lines are joined by \n. */
  reply: z.string(),
});
export type LadderRung = z.infer<typeof LadderRung>;

export const Certificate = z.object({
  subject: z.string(),
  issuer: z.string(),
  names: z.array(z.string()),
  validFrom: z.string(),
  validTo: z.string(),
  /** Whole days until `validTo`; negative when it has passed. */
  daysLeft: z.number().int(),
  /** SHA-256, 64 hexadecimal digits. */
  fingerprint: z.string(),
});
export type Certificate = z.infer<typeof Certificate>;

export const ConnectionFacts = z.object({
  /** The address that was reached, `192.0.2.1:587`. */
  address: z.string().nullable(),
  encryption: z.enum(['none', 'starttls', 'tls']).nullable(),
  protocol: z.string().nullable(),
  cipher: z.string().nullable(),
  /** Leaf first; empty without TLS. */
  certificates: z.array(Certificate),
  /** EHLO keywords with their parameters, as received last. */
  capabilities: z.array(z.string()),
  /** What SIZE announced, in bytes; null when it did not. */
  sizeLimitBytes: z.number().nullable(),
});
export type ConnectionFacts = z.infer<typeof ConnectionFacts>;

export const Repair = z.object({
  /** What the button says: `Use TLS from the start`. */
  label: z.string(),
  /** What it changes in the form before testing again. */
  changes: SmtpSettingsChanges,
});
export type Repair = z.infer<typeof Repair>;

export const LadderFailure = z.object({
  step: z.enum(ladderSteps),
  code: z.enum(failureCodes),
  /** What happened, one sentence. */
  title: z.string(),
  /** Why that usually happens and what to do. */
  explanation: z.string(),
  repairs: z.array(Repair),
});
export type LadderFailure = z.infer<typeof LadderFailure>;

export const PortProbe = z.object({
  port: z.number().int(),
  result: z.enum(['starttls', 'tls', 'plain', 'not-smtp', 'refused', 'silent']),
  ms: z.number(),
});
export type PortProbe = z.infer<typeof PortProbe>;

/** One line of the conversation. Secrets were taken out where it was recorded. */
export const TranscriptLine = z.object({
  /** Milliseconds since the test began. */
  at: z.number(),
  /** client, server, or a note of our own. */
  from: z.enum(['client', 'server', 'note']),
  text: z.string(),
});
export type TranscriptLine = z.infer<typeof TranscriptLine>;

export const LadderResult = z.object({
  ok: z.boolean(),
  /** Always all eight, in ladder order. */
  steps: z.array(LadderRung),
  failure: LadderFailure.nullable(),
  /** The Message-ID header's value; null when nothing was composed. */
  messageId: z.string().nullable(),
  /** `msg_…`: the test in the message log, where it is a message like any other. */
  emailId: z.string().nullable(),
  to: z.string(),
  connection: ConnectionFacts,
  /** What the standard ports answered; empty unless connecting failed. */
  probes: z.array(PortProbe),
  /** Worth knowing though the test passed: `the password crossed the line unencrypted`, `the certificate ends in 6 days`. */
  warnings: z.array(z.string()),
  transcript: z.array(TranscriptLine),
  startedAt: z.iso.datetime(),
  ms: z.number(),
});
export type LadderResult = z.infer<typeof LadderResult>;

/** Server-sent events: `event: step` carries a rung each time it changes, `event: result` the whole, once, at the end. */
export type LadderEvent = { event: 'step'; data: LadderRung } | { event: 'result'; data: LadderResult };

const tag = 'SMTP settings';
const to = EmailAddress.optional();

/** A draft: the form as it stands. `id` lends the stored password of those settings where `password` is not given. */
export const SmtpSettingsDraft = SmtpSettingsChanges.omit({ version: true }).extend({
  id: SmtpSettingsId.optional(),
  to,
});
export type SmtpSettingsDraft = z.output<typeof SmtpSettingsDraft>;

export const testSmtpSettingsDraft = defineEndpoint({
  method: 'POST',
  path: '/api/v1/smtp-settings/test',
  tag,
  summary: 'Send a test email with settings that are not saved',
  access: { role: 'operator', scope: 'smtp-settings' },
  body: SmtpSettingsDraft,
  status: 200,
  reply: LadderResult,
  streams: true,
});

export const testSmtpSettings = defineEndpoint({
  method: 'POST',
  path: '/api/v1/smtp-settings/:id/test',
  tag,
  summary: 'Send a test email with saved settings; an API key must say `to`, a person’s own address is the default',
  access: { role: 'operator', scope: 'smtp-settings' },
  params: z.object({ id: SmtpSettingsId }),
  body: z.strictObject({ to }).default({}),
  status: 200,
  reply: LadderResult,
  streams: true,
});
