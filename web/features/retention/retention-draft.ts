/** The form of the page: days as they are typed, or no limit; what a message said is then kept as long as the message. */
import type { Retention } from '../../../contracts/retention.ts';

export interface KeepDraft {
  isUnlimited: boolean;
  days: string;
}

export interface RetentionDraft {
  body: KeepDraft;
  message: KeepDraft;
}

const usual = { body: 30, message: 365 };

const toKeep = (days: number | null, suggestion: number): KeepDraft => ({
  isUnlimited: days === null,
  days: String(days ?? suggestion),
});

export const toDraft = ({ body_days: body, message_days: message }: Retention): RetentionDraft => ({
  body: toKeep(body, usual.body),
  message: toKeep(message, usual.message),
});

export type CheckedDraft =
  | { ok: true; retention: Retention }
  | { ok: false; problems: Partial<Record<keyof RetentionDraft, string>> };

export function checkDraft(draft: RetentionDraft): CheckedDraft {
  const problems: Partial<Record<keyof RetentionDraft, string>> = {};
  const read = (name: keyof RetentionDraft): number | null => {
    const { isUnlimited, days } = draft[name];
    if (isUnlimited) return null;
    const number = /^\d+$/.test(days.trim()) ? Number(days) : 0;
    if (number < 1 || number > 3650) problems[name] = 'Give whole days, from 1 to 3,650.';
    return number;
  };
  const body_days = read('body');
  const message_days = read('message');
  const areGood = Object.keys(problems).length === 0;
  if (areGood && message_days !== null && body_days !== null && body_days > message_days) {
    problems.message = 'What a message said cannot be kept longer than the message itself: give as many days, or more.';
  }
  return Object.keys(problems).length > 0
    ? { ok: false, problems }
    : { ok: true, retention: { body_days, message_days } };
}

const isShorter = (next: number | null, now: number | null): boolean => (next ?? Infinity) < (now ?? Infinity);

/** What a save deletes that would have been kept: days for each, null where nothing more is deleted. */
export const findLoss = (next: Retention, now: Retention): Retention => ({
  body_days: isShorter(next.body_days, now.body_days) ? next.body_days : null,
  message_days: isShorter(next.message_days, now.message_days) ? next.message_days : null,
});
