/** The message that a test sends: it says what it proves, who asked for it, and that nothing needs doing. */
import { testSubjectStart } from '../../contracts/message.ts';
import type { SmtpSettings } from '../../contracts/smtp-settings.ts';
import { composeMessage } from '../mime/compose.ts';
import { MailValueError } from '../mime/mail-value.ts';

export interface TestMessage {
  settings: Pick<SmtpSettings, 'name' | 'host' | 'port' | 'fromName' | 'fromEmail' | 'replyTo'>;
  to: string;
  /** The e-mail address of a person, or `api key NAME`. */
  requestedBy: string;
  now: Date;
  /** `<left@right>`, see createMessageId. */
  messageId: string;
}

/** What the composer calls a field, and what the form calls it. */
const formFields: Record<string, string> = {
  'from.name': 'fromName',
  'from.address': 'fromEmail',
  'replyTo.0.address': 'replyTo',
  'to.0.address': 'to',
  subject: 'name',
};

/** @throws MailValueError that names the field of the form whose value cannot be in a mail. */
export const composeTestMessage = (test: TestMessage): Uint8Array => {
  try {
    return compose(test);
  } catch (error) {
    if (!(error instanceof MailValueError)) throw error;
    throw new MailValueError(formFields[error.field] ?? error.field, error.fault, error.repair);
  }
};

function compose(test: TestMessage): Uint8Array {
  const { settings, to, now, messageId } = test;
  const facts = listFacts(test);
  return composeMessage({
    from: { name: settings.fromName, address: settings.fromEmail },
    to: [{ address: to }],
    replyTo: settings.replyTo === '' ? [] : [{ address: settings.replyTo }],
    subject: testSubject(settings),
    text: toText(facts),
    html: toHtml(facts),
    // RFC 3834: keeps holiday replies away from whoever stands in From.
    headers: [{ name: 'Auto-Submitted', value: 'auto-generated' }],
    date: now,
    messageId,
  });
}

const greeting = 'It works: this message came through your mail server.';
const ending = 'Nothing needs doing. You can delete this message.';

/** A draft need not have a name yet. */
export const labelOf = ({ name, host }: Pick<SmtpSettings, 'name' | 'host'>): string => name || host;

export const testSubject = (settings: Pick<SmtpSettings, 'name' | 'host'>): string =>
  `${testSubjectStart}${labelOf(settings)} works`;

function listFacts(test: TestMessage): [label: string, value: string][] {
  const { host, port } = test.settings;
  return [
    ['SMTP settings', labelOf(test.settings)],
    ['Server', `${host}, port ${port}`],
    ['Asked for by', test.requestedBy],
    ['Sent', `${formatPlainly(test.now)} (${test.now.toISOString()})`],
  ];
}

/** `Sunday 22 November 2026 at 10:44 UTC`. */
function formatPlainly(time: Date): string {
  const day = time.toLocaleDateString('en-GB', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
  return `${day.replace(',', '')} at ${time.toISOString().slice(11, 16)} UTC`;
}

function toText(facts: [string, string][]): string {
  const width = Math.max(...facts.map(([label]) => label.length)) + 2;
  const lines = facts.map(([label, value]) => `${`${label}:`.padEnd(width)}${value}`);
  return `${greeting}\n\n${lines.join('\n')}\n\n${ending}\n`;
}

const page = 'margin:0;padding:24px;font:16px/1.5 system-ui,-apple-system,Segoe UI,sans-serif;color:#1a2b2b';
const cell = 'padding:4px 16px 4px 0;vertical-align:top;text-align:left';

function toHtml(facts: [string, string][]): string {
  const row = ([label, value]: [string, string]) =>
    `<tr><th scope="row" style="${cell};font-weight:normal;color:#566">${escapeHtml(label)}</th><td style="${cell}">${escapeHtml(value)}</td></tr>`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Postern test</title></head>
<body style="${page}">
<p><strong>${greeting}</strong></p>
<table role="presentation" style="border-collapse:collapse">
${facts.map(row).join('\n')}
</table>
<p>${ending}</p>
</body>
</html>
`;
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
