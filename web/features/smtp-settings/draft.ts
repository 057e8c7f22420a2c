/**
 * The form as it stands: text as typed, compared with what is saved.
 * Invariant: only what differs from the saved settings leaves the browser, and a password only when it was typed or is to be forgotten.
 */
import type { SmtpSettingsDraft } from '../../../contracts/diagnosis.ts';
import {
  type SmtpSettings,
  type SmtpSettingsChanges,
  SmtpSettingsInput,
  smtpSettingsDefaults,
} from '../../../contracts/smtp-settings.ts';
import { type FieldName, fieldOrder, type passwordAgainWords } from './field-words.ts';

type NumberField = 'port' | 'connectTimeoutSeconds' | 'replyTimeoutSeconds';

/** Numbers are text while they are typed. `password` is what was typed now, never a stored one. */
export type Draft = Omit<SmtpSettingsInput, NumberField | 'password'> &
  Record<NumberField, string> & { password: string; forgetPassword: boolean };

/** What the screen starts from under Add SMTP Settings. */
export function newDraft(): Draft {
  const { connectTimeoutSeconds, replyTimeoutSeconds, ...rest } = smtpSettingsDefaults;
  return {
    ...rest,
    name: '',
    host: '',
    port: '587',
    fromEmail: '',
    password: '',
    forgetPassword: false,
    connectTimeoutSeconds: String(connectTimeoutSeconds),
    replyTimeoutSeconds: String(replyTimeoutSeconds),
  };
}

export function draftOf(saved: SmtpSettings): Draft {
  return {
    name: saved.name,
    starttlsOnly: saved.starttlsOnly,
    security: saved.security,
    host: saved.host,
    port: String(saved.port),
    fromName: saved.fromName,
    fromEmail: saved.fromEmail,
    replyTo: saved.replyTo,
    username: saved.username,
    password: '',
    forgetPassword: false,
    certificateCheck: saved.certificateCheck,
    certificateFingerprint: saved.certificateFingerprint,
    caCertificate: saved.caCertificate,
    tlsMinimum: saved.tlsMinimum,
    authMethod: saved.authMethod,
    ehloName: saved.ehloName,
    connectTimeoutSeconds: String(saved.connectTimeoutSeconds),
    replyTimeoutSeconds: String(saved.replyTimeoutSeconds),
  };
}

const isNumberField = (field: FieldName): field is NumberField =>
  field === 'port' || field === 'connectTimeoutSeconds' || field === 'replyTimeoutSeconds';

/** One field as the API takes it. A number that cannot be read becomes undefined, which the schema refuses in words. */
function apiValue(draft: Draft, field: Exclude<FieldName, 'password'>): string | number | boolean | undefined {
  const value = draft[field];
  if (isNumberField(field)) return /^\s*\d+\s*$/.test(String(value)) ? Number(value) : undefined;
  return typeof value === 'string' ? value.trim() : value;
}

/** Fields that differ from what is saved, in screen order; for new settings from the empty form. */
export function changedFields(draft: Draft, saved: SmtpSettings | null): FieldName[] {
  const base = saved ? draftOf(saved) : newDraft();
  return fieldOrder.filter((field) =>
    field === 'password'
      ? draft.password !== '' || draft.forgetPassword
      : apiValue(draft, field) !== apiValue(base, field),
  );
}

export const isDirty = (draft: Draft, saved: SmtpSettings | null): boolean => changedFields(draft, saved).length > 0;

/** Body of PATCH: only what changed. `password: null` forgets the stored one. */
export function changesOf(draft: Draft, saved: SmtpSettings): SmtpSettingsChanges {
  return Object.fromEntries(
    changedFields(draft, saved).map((field) => [
      field,
      field === 'password' ? draft.password || null : apiValue(draft, field),
    ]),
  );
}

const inputOf = (draft: Draft) => ({
  ...Object.fromEntries(fieldOrder.flatMap((f) => (f === 'password' ? [] : [[f, apiValue(draft, f)]]))),
  ...(draft.password === '' ? {} : { password: draft.password }),
});

export type FieldProblems = Partial<Record<FieldName, string>>;

export type CheckedDraft = { ok: true; input: SmtpSettingsInput } | { ok: false; problems: FieldProblems };

/** Checks with the schema the server checks with, so that both say the same thing; one problem a field. */
export function checkDraft(draft: Draft): CheckedDraft {
  const checked = SmtpSettingsInput.safeParse(inputOf(draft));
  const problems: FieldProblems = {};
  for (const issue of checked.error?.issues ?? []) {
    const field = issue.path[0] as FieldName | undefined;
    if (field) problems[field] ??= issue.message;
  }
  // What no field can tell by itself.
  if (draft.password !== '' && draft.username.trim() === '')
    problems.username ??=
      'Give the user name that goes with the password, or empty the password for no authentication.';
  if (draft.certificateCheck === 'fingerprint' && draft.certificateFingerprint.trim() === '')
    problems.certificateFingerprint ??= 'Give the fingerprint of the certificate to trust; a test shows it.';
  if (draft.certificateCheck === 'ca' && draft.caCertificate.trim() === '')
    problems.caCertificate ??= 'Paste the certificate of your own CA.';
  return checked.success && Object.keys(problems).length === 0
    ? { ok: true, input: checked.data }
    : { ok: false, problems };
}

/** Body of a draft test. The saved settings' id lends the stored password, unless it is to be forgotten. */
export function testBodyOf(
  draft: Draft,
  input: SmtpSettingsInput,
  saved: SmtpSettings | null,
  to: string,
): SmtpSettingsDraft {
  return {
    ...input,
    ...(draft.forgetPassword ? { password: null } : {}),
    ...(saved ? { id: saved.id } : {}),
    ...(to === '' ? {} : { to }),
  };
}

const isUnencrypted = (value: Pick<Draft, 'starttlsOnly' | 'security'>) =>
  !value.starttlsOnly && value.security === 'none';

const foldHost = (host: string) => host.normalize('NFKC').toLowerCase().trim().replace(/\.$/, '');

/**
 * Whether another certificate would stand for the server: of an own CA, or one trusted by its fingerprint that no test of
 * these settings has just shown. Back to the known authorities is no step down.
 */
function trustsAnother(draft: Draft, saved: SmtpSettings, shown: ReadonlySet<string>): boolean {
  const isSameCheck = draft.certificateCheck === saved.certificateCheck;
  if (draft.certificateCheck === 'verify') return false;
  if (draft.certificateCheck === 'ca') return !isSameCheck || draft.caCertificate.trim() !== saved.caCertificate;
  const pin = foldFingerprint(draft.certificateFingerprint);
  return !(isSameCheck && pin === saved.certificateFingerprint) && !shown.has(pin);
}

const foldFingerprint = (text: string) => text.trim().replaceAll(':', '').toLowerCase();

/**
 * Why the stored password has to be typed again, or null: the server lends it only to the host it was given for, not to a
 * connection that is no longer encrypted, and not to whoever has another certificate. A changed port does not ask for it.
 * The server decides: what it asks beyond this comes back as a problem of the field.
 * @param shown fingerprints that tests of these settings have shown, 64 lower-case hexadecimal digits
 */
export function whyPasswordAgain(
  draft: Draft,
  saved: SmtpSettings | null,
  shown: ReadonlySet<string>,
): keyof typeof passwordAgainWords | null {
  if (!saved?.hasPassword || draft.forgetPassword || draft.password !== '' || draft.username.trim() === '') return null;
  if (foldHost(draft.host) !== foldHost(saved.host)) return 'host';
  if (isUnencrypted(draft) && !isUnencrypted(saved)) return 'unencrypted';
  return trustsAnother(draft, saved, shown) ? 'certificate' : null;
}

/** What a repair or a preset changes, laid over the draft; numbers become text again. */
export function applyChanges(draft: Draft, changes: SmtpSettingsChanges): { draft: Draft; fields: FieldName[] } {
  const { version: _, password, ...rest } = changes;
  const next: Draft = { ...draft, ...(typeof password === 'string' ? { password } : {}) };
  // No user name means no authentication: what was typed for the old one goes with it.
  if (rest.username === '') next.password = '';
  for (const [field, value] of Object.entries(rest)) {
    if (value === undefined) continue;
    Object.assign(next, { [field]: isNumberField(field as FieldName) ? String(value) : value });
  }
  return { draft: next, fields: fieldOrder.filter((field) => next[field] !== draft[field]) };
}
