/** The rows as they lie in the database; each room maps its own to the shapes of the contracts. Times are milliseconds. */
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

export interface Tables {
  smtp_settings: SmtpSettingsRow;
  data_key: DataKeyRow;
  person: PersonRow;
  first_run: FirstRunRow;
  web_session: WebSessionRow;
  api_key: ApiKeyRow;
  sandbox_message: SandboxMessageRow;
}
