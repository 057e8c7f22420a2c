/** Which SMTP settings a submission goes by: those it names, by id or by name, else the default ones. */
import type { FieldProblem } from '../../contracts/problem.ts';
import type { SmtpSettings } from '../../contracts/smtp-settings.ts';
import type { SizeKnowledge } from '../smtp-settings/server-memory.ts';

export type SenderSettings = Pick<SmtpSettings, 'id' | 'name' | 'fromName' | 'fromEmail' | 'replyTo'> &
  /** What their server takes, as far as it was seen. */
  Partial<SizeKnowledge>;

/** How settings are found. */
export interface SettingsDirectory {
  read: (id: string) => Promise<SenderSettings | null>;
  readByName: (name: string) => Promise<SenderSettings | null>;
  readDefault: () => Promise<SenderSettings | null>;
}

export type ChosenSettings =
  /** Named ones stay with the message; the default is whatever it is when the message's turn comes. */
  { ok: true; settings: SenderSettings; isNamed: boolean } | { ok: false; problem: FieldProblem };

const idPattern = /^smtp_[0-9a-z]{26}$/;

export const chooseSettings = async (directory: SettingsDirectory, wanted: string | null): Promise<ChosenSettings> => {
  if (wanted === null) {
    const settings = await directory.readDefault();
    return settings ? { ok: true, settings, isNamed: false } : { ok: false, problem: none };
  }
  const settings = idPattern.test(wanted) ? await directory.read(wanted) : await directory.readByName(wanted);
  if (settings) return { ok: true, settings, isNamed: true };
  const message = `There are no SMTP settings "${wanted}". Give the id or the name of existing ones, or leave it out for the default.`;
  return { ok: false, problem: { path: 'smtp_settings', code: 'unknown', message } };
};

const none: FieldProblem = {
  path: 'smtp_settings',
  code: 'none',
  message:
    'There are no SMTP settings yet. Add your mail server under Setup / Extensibility / SMTP Settings, then send this again.',
};
