/** Rows of SMTP settings and what crosses HTTP: the mapping between the two. */
import type { Selectable } from 'kysely';
import type { SmtpSettings } from '../../contracts/smtp-settings.ts';
import type { SmtpSettingsRow } from '../database/tables.ts';
import { toIso, toIsoOrNull } from '../platform/clock.ts';
import { foldText, type SmtpSettingsFields, searchTextOf } from './smtp-settings.ts';

/** What the fields become in a row. */
export function toColumns(fields: SmtpSettingsFields) {
  return {
    name: fields.name,
    name_key: foldText(fields.name),
    search_text: searchTextOf(fields),
    starttls_only: fields.starttlsOnly ? 1 : 0,
    security: fields.security,
    host: fields.host,
    port: fields.port,
    from_name: fields.fromName,
    from_email: fields.fromEmail,
    reply_to: fields.replyTo,
    username: fields.username,
    certificate_check: fields.certificateCheck,
    certificate_fingerprint: fields.certificateFingerprint,
    ca_certificate: fields.caCertificate,
    tls_minimum: fields.tlsMinimum,
    auth_method: fields.authMethod,
    ehlo_name: fields.ehloName,
    connect_timeout_seconds: fields.connectTimeoutSeconds,
    reply_timeout_seconds: fields.replyTimeoutSeconds,
  };
}

/** The row as the outside sees it: the sealed password stays behind. */
export function toSettings(row: Selectable<SmtpSettingsRow>): SmtpSettings {
  return {
    id: row.id,
    name: row.name,
    isDefault: row.is_default === 1,
    starttlsOnly: row.starttls_only === 1,
    security: row.security as SmtpSettings['security'],
    host: row.host,
    port: row.port,
    fromName: row.from_name,
    fromEmail: row.from_email,
    replyTo: row.reply_to,
    username: row.username,
    hasPassword: row.password_sealed !== null,
    passwordSetAt: toIsoOrNull(row.password_set_at),
    certificateCheck: row.certificate_check as SmtpSettings['certificateCheck'],
    certificateFingerprint: row.certificate_fingerprint,
    caCertificate: row.ca_certificate,
    tlsMinimum: row.tls_minimum as SmtpSettings['tlsMinimum'],
    authMethod: row.auth_method as SmtpSettings['authMethod'],
    ehloName: row.ehlo_name,
    connectTimeoutSeconds: row.connect_timeout_seconds,
    replyTimeoutSeconds: row.reply_timeout_seconds,
    managedBy: row.managed_by as SmtpSettings['managedBy'],
    lastTestedAt: toIsoOrNull(row.last_tested_at),
    lastTestOk: row.last_test_ok === null ? null : row.last_test_ok === 1,
    lastTestProblem: row.last_test_problem,
    lastUsedAt: toIsoOrNull(row.last_used_at),
    serverSeenAt: toIsoOrNull(row.server_seen_at),
    sizeLimitBytes: row.size_limit_bytes,
    starttlsSeenAt: toIsoOrNull(row.starttls_seen_at),
    createdAt: toIso(row.created_at),
    updatedAt: toIso(row.updated_at),
    updatedBy: row.updated_by,
    version: row.version,
  };
}
