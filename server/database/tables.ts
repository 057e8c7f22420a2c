/** The rows as they lie in the database; each room maps its own to the shapes of the contracts. Times are milliseconds. */

export interface SmtpSettingsRow {
  id: string;
  name: string;
  /** The name folded for comparison: unique whatever its case. */
  name_key: string;
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

/** Facts about this installation that are not settings, such as which key sealed its secrets. */
export interface InstallationRow {
  key: string;
  value: string;
}

export interface Tables {
  smtp_settings: SmtpSettingsRow;
  installation: InstallationRow;
}
