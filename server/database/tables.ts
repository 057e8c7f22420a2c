/** The rows as they lie in the database; each room maps its own to the shapes of the contracts. Times are milliseconds. */

import type { Generated } from 'kysely';
import type { Role } from '../../contracts/endpoint.ts';

export interface SmtpSettingsRow {
  id: string;
  name: string;
  /** The name folded for comparison: unique whatever its case. */
  name_key: string;
  /** What the filter looks in, folded: name, host and addresses. */
  search_text: string;
  starttls_only: number;
  security: string;
  host: string;
  port: number;
  from_name: string;
  from_email: string;
  reply_to: string;
  username: string;
  /** Sealed by platform/secret-box; null: no password. */
  password_sealed: string | null;
  password_set_at: number | null;
  certificate_check: string;
  certificate_fingerprint: string;
  ca_certificate: string;
  tls_minimum: string;
  auth_method: string;
  ehlo_name: string;
  connect_timeout_seconds: number;
  reply_timeout_seconds: number;
  managed_by: string;
  last_tested_at: number | null;
  last_test_ok: number | null;
  last_test_problem: string;
  last_used_at: number | null;
  created_at: number;
  updated_at: number;
  updated_by: string;
  version: number;
  is_default: Generated<number>;
  /** When the server last said what it offers, and what that was; null: not since it is this server. */
  server_seen_at: number | null;
  size_limit_bytes: number | null;
  starttls_seen_at: number | null;
}

/** The keys that seal SMTP passwords, themselves sealed by the installation's secret key. The newest one seals. */
export interface DataKeyRow {
  id: string;
  wrapped: string;
  created_at: number;
}

/** Somebody who signs in (the word "user" is left to the users of the systems that send mail). */
export interface PersonRow {
  id: string;
  name: string;
  email: string;
  /** The address folded for comparison. */
  email_key: string;
  role: Role;
  /** Argon2id in PHC form. */
  password_hash: string;
  password_set_at: number;
  created_at: number;
  updated_at: number;
  /** `invited`, `active` or `disabled`. */
  state: Generated<'invited' | 'active' | 'disabled'>;
  language: string | null;
  last_sign_in_at: number | null;
  disabled_at: number | null;
  /** Who invited them, as `updatedBy` names people. */
  invited_by: string | null;
}

/** What a mailed link stands for; only the token's hash is kept. */
export interface PersonLinkRow {
  token_hash: string;
  person_id: string;
  purpose: 'invitation' | 'password-reset' | 'email-change';
  /** Where it was mailed; of a change, the new address. */
  email: string;
  email_key: string;
  created_at: number;
  expires_at: number;
}

export interface SignInChallengeRow {
  id_hash: string;
  purpose: string;
  person_id: string | null;
  webauthn_challenge: string | null;
  tries: number;
  created_at: number;
  expires_at: number;
}

export interface PersonTotpRow {
  person_id: string;
  /** Sealed by platform/secret-box. */
  secret_sealed: string;
  created_at: number;
  /** Null: not on yet. */
  confirmed_at: number | null;
  /** The step of the code used last: none counts twice. */
  last_step: number;
}

export interface PasskeyRow {
  id: string;
  person_id: string;
  credential_id: string;
  public_key: Uint8Array;
  counter: number;
  /** Separated by commas. */
  transports: string;
  name: string;
  is_synced: number;
  created_at: number;
  last_used_at: number | null;
}

export interface RecoveryCodeRow {
  person_id: string;
  code_hash: string;
  created_at: number;
}

export interface SignInPolicyRow {
  id: number;
  administrators_need_factor: number;
}

/** Row 1 exists once there is a first administrator. */
export interface FirstRunRow {
  id: number;
  closed_at: number;
}

export interface WebSessionRow {
  id: string;
  /** SHA-256 of the cookie's token, hexadecimal. */
  token_hash: string;
  person_id: string;
  ip_address: string;
  user_agent: string;
  created_at: number;
  last_seen_at: number;
  /** When the person last proved who they are in this session. */
  confirmed_at: Generated<number>;
}

export interface ApiKeyRow {
  id: string;
  name: string;
  /** Separated by commas. */
  scopes: string;
  hint: string;
  /** SHA-256 of the whole key, hexadecimal. */
  secret_hash: string;
  created_at: number;
  created_by: string;
  last_used_at: number | null;
  expires_at: number | null;
}

export interface SandboxMessageRow {
  /** Sorts by arrival. */
  id: string;
  received_at: number;
  mail_from: string;
  /** JSON array of strings. */
  recipients: string;
  header_from: string;
  subject: string;
  /** What the filter looks in, folded: addresses and subject. */
  search_text: string;
  size_bytes: number;
  attachment_count: number;
  ehlo_name: string;
  remote_address: string;
  /** Byte for byte as it came. */
  source: Buffer;
}

export interface MessageRow {
  id: string;
  /** 0 urgent, 1 normal, 2 bulk. */
  lane: number;
  /** The worst state of its recipients. */
  state: string;
  settings_id: string | null;
  mail_from: string;
  header_from: string;
  header_to: string;
  subject: string;
  message_id: string;
  size_bytes: number;
  attachment_count: number;
  /** JSON. */
  tags: string;
  is_secret: number;
  holds_uncertain: number;
  resent_from: string | null;
  submitted_by: string;
  created_at: number;
  scheduled_at: number | null;
  expires_at: number;
  /** Null: the content row is there. */
  body_deleted_at: Generated<number | null>;
}

export interface RecipientRow {
  message_id: string;
  position: number;
  address: string;
  kind: string;
  state: string;
  reply: string;
  explanation: string;
  updated_at: number;
}

export interface ContentRow {
  message_id: string;
  bytes: Uint8Array;
  /** JSON, see MessageContent. */
  parts: string | null;
}

export interface BlobRow {
  hash: string;
  bytes: Uint8Array;
  size_bytes: number;
  created_at: number;
}

/** A row here waits or is being sent; what is done has none. */
export interface QueueRow {
  message_id: string;
  lane: number;
  /** Empty: the default settings. */
  settings_id: string;
  ready_at: number;
  expires_at: number;
  attempts: number;
  crashes: number;
  token: number;
  leased_until: number | null;
  leased_by: string | null;
  /** Of the attempt that is under way, or about to be; null: none is registered. */
  attempt_id: string | null;
  attempt_settings_id: string | null;
  attempt_settings_name: string | null;
  /** Null: registered with the claim, and perhaps not begun. */
  attempt_started_at: number | null;
  /** Written down just before the final dot; null: the server cannot have accepted it. */
  dot_at: number | null;
}

/** Written when it has ended; while it is under way it stands in the queue row. */
export interface AttemptRow {
  id: string;
  message_id: string;
  number: number;
  settings_id: string;
  settings_name: string;
  started_at: number;
  ended_at: number;
  /** A recipient state. */
  outcome: string;
  phase: string;
  reply: string;
  explanation: string;
  transcript: string | null;
  /** Attempts before it that came to the same and are not kept one by one: delivery/fold-attempts.ts. */
  repeats: Generated<number>;
}

/** The outbox: what happened, written in the transaction that made it so. */
export interface EventRow {
  id: Generated<number>;
  message_id: string;
  position: number | null;
  type: string;
  at: number;
  data: string;
}

export interface IdempotencyRow {
  key_hash: string;
  body_hash: string;
  message_ids: string;
  created_at: number;
}

export interface ServerHealthRow {
  settings_id: string;
  state: string;
  code: string;
  reason: string;
  since: number;
  next_probe_at: number | null;
  /** Not used any more: see sending_pause. */
  is_paused: number;
}

/** Paused by a person; settings_id empty: all sending. */
export interface SendingPauseRow {
  settings_id: string;
  /** Empty where it is not known. */
  paused_by: string;
  paused_at: number;
}

/** Row 1 exists once somebody has changed it. Null: kept for ever. */
export interface RetentionRow {
  id: number;
  body_days: number | null;
  message_days: number | null;
}

/** Part of the text index, over the messages after `after_id` up to `last_id`. */
export interface SearchSegmentRow {
  number: number;
  after_id: string;
  last_id: string;
  message_count: number;
  /** Of those whose text it knows. */
  text_count: number;
  built_at: number;
  /** 26 octets each, without `msg_`. */
  ids: Uint8Array;
}

/** See message-log/search-segment.ts. */
export interface SearchPageRow {
  /** 256 times the segment's number, plus the page's. */
  place: number;
  tokens: Uint8Array;
}

export interface TemplateRow {
  id: string;
  key: string;
  name: string;
  /** The name folded, and the key: unique, and the order of lists. */
  sort_key: string;
  /** What the filter looks in, folded. */
  search_text: string;
  subject: string;
  format: string;
  lane: string;
  /** Separated by commas, the base language first. */
  languages: string;
  settings_id: string | null;
  is_built_in: number;
  /** Of a built-in one: a person has changed it. */
  is_changed: number;
  /** Of the content that Postern brought last; '' for others. */
  brought_hash: string;
  version: number;
  created_at: number;
  updated_at: number;
  updated_by: string;
}

/** Never changed, but for `compiled`: it follows from the content. */
export interface TemplateVersionRow {
  template_id: string;
  version: number;
  name: string;
  subject: string;
  reason: string;
  created_at: number;
  created_by: string;
  /** JSON, see TemplateContent. */
  content: string;
  /** JSON, see StoredTexts; null: not compiled yet. */
  compiled: string | null;
}

/** One row, once something was set. */
export interface BrandingRow {
  id: number;
  /** JSON, see BrandingFields. */
  fields: string;
  logo_type: string | null;
  logo_width: number | null;
  logo_height: number | null;
  logo: Buffer | null;
  version: number;
  updated_at: number;
  updated_by: string;
}

/** The company as an invoice shows it; the same for all until Branding changes. */
export interface InvoiceLookRow {
  hash: string;
  /** JSON, see InvoiceLook. */
  fields: string;
  logo_type: string | null;
  logo: Uint8Array | null;
}

/** PDFs that callers gave. */
export interface InvoicePdfRow {
  hash: string;
  bytes: Uint8Array;
}

export interface InvoiceRow {
  id: string;
  account_id: string;
  account_number: string;
  account_name: string;
  number: string;
  issued_on: string;
  due_on: string;
  currency: string;
  total: string;
  /** JSON, see InvoiceContent. */
  content: string;
  look_hash: string;
  /** Null: Postern makes it, always the same. */
  pdf_hash: string | null;
  pdf_bytes: number;
  run_id: string | null;
  /** Some of its mails were not handed over yet. */
  is_open: number;
  created_at: number;
  created_by: string;
}

/** What one contact was mailed in one round. The message has its id before it is accepted, so nothing is mailed twice. */
export interface InvoiceMailRow {
  message_id: string;
  invoice_id: string;
  round: number;
  round_key: string | null;
  reason: string;
  contact_id: string;
  name: string;
  address: string;
  language: string;
  run_id: string | null;
  is_accepted: number;
  /** Counted as sent; it stays so. */
  is_sent: number;
  /** The newest of its contact. */
  is_current: number;
  created_at: number;
  created_by: string;
}

export interface BillingRunRow {
  id: string;
  name: string;
  state: string;
  problem: string;
  format: string;
  file_name: string;
  /** In the folder of uploads of `node`. */
  file: string;
  node: string;
  size_bytes: number;
  invoice_count: number;
  /** JSON, as `options`, `pdfs` and `findings`. */
  columns: string;
  options: string;
  pdfs: string;
  checked_bytes: number;
  findings: string | null;
  leased_by: string | null;
  leased_until: number | null;
  created_at: number;
  created_by: string;
  started_at: number | null;
  started_by: string | null;
  ended_at: number | null;
  /** Failed mails that are older are to be sent again; null: none. */
  retries_before: number | null;
}

export interface BillingItemRow {
  run_id: string;
  position: number;
  line: number;
  account_number: string;
  account_id: string | null;
  number: string;
  currency: string;
  total: string | null;
  state: string;
  /** JSON. */
  problems: string;
  /** JSON, see BilledContent. */
  content: string;
  invoice_id: string | null;
}

/** A company, by the number that systems outside know it by. */
export interface AccountRow {
  id: string;
  number: string;
  /** The number folded: unique whatever its case. */
  number_key: string;
  name: string;
  /** The name folded. */
  sort_key: string;
  /** What the filter looks in, folded. */
  search_text: string;
  status: string;
  language: string;
  currency: string;
  created_at: number;
  updated_at: number;
  updated_by: string;
  version: number;
}

export interface ContactRow {
  id: string;
  account_id: string;
  name: string;
  /** The name folded, or the address where there is none. */
  sort_key: string;
  address: string;
  /** The address in lower case: unique in an account. */
  address_key: string;
  search_text: string;
  /** Bits: 1 billing, 2 technical, 4 general. */
  kinds: number;
  primary_kinds: number;
  /** Null: the account's. */
  language: string | null;
  is_active: number;
  created_at: number;
  updated_at: number;
  updated_by: string;
  version: number;
}

export interface ContactImportRow {
  id: string;
  state: string;
  problem: string;
  file_name: string;
  /** Whose folder of uploads has the file. */
  node: string;
  size_bytes: number;
  encoding: string;
  delimiter: string;
  /** JSON, as `options`, `findings` and `counts`. */
  columns: string;
  options: string;
  skips_faulty: number;
  checked_rows: number;
  /** See ContactImportCheck; null: not checked. */
  findings: string | null;
  /** Rows of the file that are behind it, faulty ones too. */
  rows_done: number;
  counts: string;
  created_at: number;
  created_by: string;
  started_at: number | null;
  started_by: string | null;
  ended_at: number | null;
}

/** Who did what to whom; what is erased is not named here again. */
export interface AuditEntryRow {
  id: Generated<number>;
  at: number;
  by_whom: string;
  action: string;
  subject: string;
  /** JSON. */
  data: string;
}

export interface Tables {
  smtp_settings: SmtpSettingsRow;
  data_key: DataKeyRow;
  person: PersonRow;
  person_link: PersonLinkRow;
  sign_in_challenge: SignInChallengeRow;
  person_totp: PersonTotpRow;
  passkey: PasskeyRow;
  recovery_code: RecoveryCodeRow;
  sign_in_policy: SignInPolicyRow;
  first_run: FirstRunRow;
  web_session: WebSessionRow;
  api_key: ApiKeyRow;
  sandbox_message: SandboxMessageRow;
  message: MessageRow;
  recipient: RecipientRow;
  content: ContentRow;
  blob: BlobRow;
  queue: QueueRow;
  attempt: AttemptRow;
  event: EventRow;
  idempotency: IdempotencyRow;
  server_health: ServerHealthRow;
  search_segment: SearchSegmentRow;
  search_page: SearchPageRow;
  sending_pause: SendingPauseRow;
  retention: RetentionRow;
  template: TemplateRow;
  template_version: TemplateVersionRow;
  branding: BrandingRow;
  invoice_look: InvoiceLookRow;
  invoice_pdf: InvoicePdfRow;
  invoice: InvoiceRow;
  invoice_mail: InvoiceMailRow;
  billing_run: BillingRunRow;
  billing_item: BillingItemRow;
  account: AccountRow;
  contact: ContactRow;
  contact_import: ContactImportRow;
  audit_entry: AuditEntryRow;
}
