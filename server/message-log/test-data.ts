/** Messages for the tests of this room, accepted by the real store. */
import type { Database } from '../database/open.ts';
import { composeMessage } from '../mime/compose.ts';
import { newId } from '../platform/id.ts';
import type { AcceptedMessage } from '../submission/accepted-message.ts';

export const testNow = Date.parse('2026-11-22T10:44:00Z');
export const dayMs = 86_400_000;

type Changes = Partial<AcceptedMessage> & { html?: string; attachment?: string };

/** @param change `createdAt` makes the id too. */
export const testMessage = ({ html, attachment, ...change }: Changes = {}): AcceptedMessage => {
  const createdAt = change.createdAt ?? testNow;
  const messageId = change.messageId ?? `<${newId('msg', createdAt)}@example.com>`;
  const bytes = composeMessage({
    from: { name: 'Billing', address: 'billing@example.com' },
    to: [{ name: 'Ann', address: 'ann@example.com' }],
    replyTo: [{ address: 'help@example.com' }],
    subject: change.subject ?? 'Hello',
    text: 'Hi Ann',
    ...(html !== undefined && { html }),
    ...(attachment !== undefined && {
      attachments: [{ filename: attachment, contentType: 'text/html', content: Buffer.from('<script>x()</script>') }],
    }),
    date: new Date(createdAt),
    messageId,
  });
  return {
    id: newId('msg', createdAt),
    lane: 'normal',
    settingsId: null,
    mailFrom: 'billing@example.com',
    headerFrom: 'Billing <billing@example.com>',
    headerTo: 'Ann <ann@example.com>',
    subject: 'Hello',
    messageId,
    sizeBytes: bytes.length,
    attachmentCount: attachment === undefined ? 0 : 1,
    tags: [],
    isSecret: false,
    holdsUncertain: false,
    resentFrom: null,
    submittedBy: 'admin@example.com',
    createdAt,
    scheduledAt: null,
    expiresAt: createdAt + 5 * dayMs,
    recipients: [{ address: 'ann@example.com', kind: 'to' }],
    content: { bytes, parts: null, blobs: [] },
    ...change,
  };
};

export const addSettings = async (
  { query }: Database,
  name: string,
  { isDefault = false }: { isDefault?: boolean } = {},
): Promise<string> => {
  const id = newId('smtp');
  const row = {
    ...{ id, name, name_key: name.toLowerCase(), search_text: name, starttls_only: 0, security: 'none', host: 'h' },
    ...{ port: 25, from_name: '', from_email: 'a@example.com', reply_to: '', username: '', password_sealed: null },
    ...{ password_set_at: null, certificate_check: 'verify', certificate_fingerprint: '', ca_certificate: '' },
    ...{ tls_minimum: '1.2', auth_method: 'automatic', ehlo_name: '', connect_timeout_seconds: 10 },
    ...{ reply_timeout_seconds: 60, managed_by: 'screen', last_tested_at: null, last_test_ok: null },
    ...{ last_test_problem: '', last_used_at: null, created_at: testNow, updated_at: testNow, updated_by: 'a' },
    ...{ version: 1, is_default: isDefault ? 1 : 0 },
  };
  await query.insertInto('smtp_settings').values(row).execute();
  return id;
};

interface TestAttempt {
  number: number;
  settingsId: string;
  settingsName: string;
  startedAt: number;
  outcome: string;
  reply: string;
  transcript: readonly object[] | null;
}

/** Leases the message to a worker that has an attempt under way. */
export const beginAttempt = async (
  { query }: Database,
  messageId: string,
  change: { dotAt?: number; settingsId?: string } = {},
): Promise<void> => {
  await query
    .updateTable('queue')
    .set({
      token: 7,
      leased_until: testNow + 60_000,
      leased_by: 'w',
      attempt_id: newId('try', testNow),
      attempt_settings_id: change.settingsId ?? 'smtp_1',
      attempt_settings_name: 'Office',
      attempt_started_at: testNow,
      dot_at: change.dotAt ?? null,
    })
    .where('message_id', '=', messageId)
    .execute();
};

export const addAttempt = async (
  { query }: Database,
  messageId: string,
  attempt: Partial<TestAttempt> = {},
): Promise<void> => {
  const startedAt = attempt.startedAt ?? testNow;
  await query
    .insertInto('attempt')
    .values({
      id: newId('try', startedAt),
      message_id: messageId,
      number: attempt.number ?? 1,
      settings_id: attempt.settingsId ?? 'smtp_1',
      settings_name: attempt.settingsName ?? 'Office',
      started_at: startedAt,
      ended_at: startedAt + 100,
      outcome: attempt.outcome ?? 'deferred',
      phase: 'rcpt',
      reply: attempt.reply ?? '',
      explanation: '',
      transcript: attempt.transcript ? JSON.stringify(attempt.transcript) : null,
    })
    .execute();
};
