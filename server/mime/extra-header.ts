/**
 * Header fields that callers add, by an allow-rule: a field that nobody thought of cannot change who gets the mail, what it
 * claims about its way, or how it is taken apart.
 *
 * Allowed: `X-…`; the list fields of RFC 2369 and 2919; and the names below. Everything else has a field of its own in the
 * mail (From, To, Subject, Content-…), is written by servers (Received, Return-Path, DKIM-Signature), or would
 * tell of hidden recipients (Bcc, Resent-…). List-Unsubscribe is held to RFC 8058 wherever it comes from.
 */
import { writeStructured, writeText } from './header-field.ts';
import { checkUnsubscribe, checkUnsubscribePost } from './list-unsubscribe.ts';
import { MailValueError, requireHeaderText } from './mail-value.ts';

export interface ExtraHeader {
  name: string;
  value: string;
}

/** Free text for people: encoded words where needed. */
export const textFields: ReadonlySet<string> = new Set(['comments', 'keywords', 'organization', 'thread-topic']);

/** Read by programs: plain ASCII, broken at spaces alone. */
export const structuredFields: ReadonlySet<string> = new Set([
  'archived-at',
  'auto-submitted',
  'autocrypt',
  'bimi-selector',
  'cfbl-address',
  'cfbl-feedback-id',
  'disposition-notification-to',
  'expires',
  'feedback-id',
  'importance',
  'in-reply-to',
  'list-archive',
  'list-help',
  'list-id',
  'list-owner',
  'list-post',
  'list-subscribe',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'mt-priority',
  'openpgp',
  'precedence',
  'priority',
  'references',
  'reply-by',
  'require-recipient-valid-since',
  'sensitivity',
  'supersedes',
  'thread-index',
  'tls-required',
  'x-priority',
]);

const isAllowedHeader = (name: string): boolean => {
  const lower = name.toLowerCase();
  return lower.startsWith('x-') || structuredFields.has(lower) || textFields.has(lower);
};

/** Fields by which providers take instructions as JSON, and the keys in it that add recipients behind the envelope's back. */
const instructionFields = new Set(['x-smtpapi', 'x-msys-api']);
const recipientKeys = ['to', 'cc', 'bcc', 'archive'];
/** The same in a field of its own. */
const recipientFields = new Set(['x-mc-bccaddress']);

const maxValue = 20_000;
/** Programs read most of these fields, so their long words stay plain as long as a line can hold them. */
const longestPlainWord = 900;

/**
 * @param names of the fields that programs read and the mail has already, in lower case: each may stand once. Added to.
 * @throws MailValueError that names `field.0.name` or `field.0.value`.
 */
export const writeExtraHeaders = (headers: readonly ExtraHeader[], field: string, names: Set<string>): string => {
  let written = '';
  let unsubscribe: string | null = null;
  for (const [place, { name, value }] of headers.entries()) {
    const lower = requireName(name, `${field}.${place}.name`).toLowerCase();
    const here = `${field}.${place}.value`;
    requireHeaderText(value, here, maxValue);
    if (instructionFields.has(lower)) requireNoRecipients(value, here);
    if (lower === 'list-unsubscribe') unsubscribe = checkUnsubscribe(value, here);
    if (!structuredFields.has(lower)) {
      written += writeText(name, value, longestPlainWord);
      continue;
    }
    if (names.has(lower)) throw new MailValueError(`${field}.${place}.name`, 'not-allowed', 'give this header once');
    names.add(lower);
    written += writeStructured(name, value, here);
  }
  for (const [place, { name, value }] of headers.entries()) {
    if (name.toLowerCase() === 'list-unsubscribe-post')
      checkUnsubscribePost(value, unsubscribe, `${field}.${place}.value`);
  }
  return written;
};

function requireName(name: string, field: string): string {
  if (!/^[!-9;-~]{1,76}$/.test(name)) {
    throw new MailValueError(field, 'not-allowed', 'use letters, digits and hyphens, at most 76');
  }
  if (recipientFields.has(name.toLowerCase())) {
    throw new MailValueError(field, 'not-allowed', 'it would add a recipient; give all of them in the envelope');
  }
  if (isAllowedHeader(name)) return name;
  throw new MailValueError(
    field,
    'not-allowed',
    'use a name that begins with X-, or one of those that docs/composer.md lists',
  );
}

function requireNoRecipients(json: string, field: string): void {
  let told: { filters?: { bcc?: unknown } } | null;
  try {
    told = JSON.parse(json);
  } catch {
    throw new MailValueError(field, 'not-allowed', 'give JSON');
  }
  if (recipientKeys.some((key) => Object.hasOwn(told ?? {}, key)) || told?.filters?.bcc !== undefined) {
    throw new MailValueError(field, 'not-allowed', 'it would add recipients; give all of them in the envelope');
  }
}
