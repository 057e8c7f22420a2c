/** Two people saved the same settings: field by field, what I wanted, what they saved, and what was there before. */
import type { SmtpSettings } from '../../../contracts/smtp-settings.ts';
import { changedFields, type Draft, draftOf } from './draft.ts';
import { describeValue, type FieldName, fieldLabels, fieldOrder } from './field-words.ts';

export interface Difference {
  field: FieldName;
  label: string;
  mine: string;
  theirs: string;
  before: string;
  /** `both`: the choice decides; `mine`, `theirs`: only one of us touched it. */
  changedBy: 'both' | 'mine' | 'theirs';
}

/** In screen order; fields on which everybody agrees are left out. */
export function differencesOf(draft: Draft, before: SmtpSettings, theirs: SmtpSettings): Difference[] {
  const mineChanged = new Set(changedFields(draft, before));
  const theirsChanged = new Set(changedFields(draftOf(theirs), before));
  if (theirs.passwordSetAt !== before.passwordSetAt || theirs.hasPassword !== before.hasPassword)
    theirsChanged.add('password');
  return fieldOrder.flatMap((field) => {
    const isMine = mineChanged.has(field);
    const isTheirs = theirsChanged.has(field);
    if (!isMine && !isTheirs) return [];
    const words =
      field === 'password'
        ? { mine: myPassword(draft, before), theirs: storedPassword(theirs), before: storedPassword(before) }
        : {
            mine: describeValue(field, draft[field]),
            theirs: describeValue(field, theirs[field]),
            before: describeValue(field, before[field]),
          };
    const changedBy = isMine && isTheirs ? 'both' : isMine ? 'mine' : 'theirs';
    // Both came to the same value: nothing to decide, nothing to show.
    if (changedBy === 'both' && field !== 'password' && words.mine === words.theirs) return [];
    return [{ field, label: fieldLabels[field], ...words, changedBy }];
  });
}

function myPassword(draft: Draft, before: SmtpSettings): string {
  if (draft.password !== '') return 'a new password';
  return draft.forgetPassword ? 'none' : storedPassword(before);
}

function storedPassword(settings: SmtpSettings): string {
  if (!settings.hasPassword) return 'none';
  return settings.passwordSetAt ? `saved on ${new Date(settings.passwordSetAt).toLocaleString()}` : 'a saved password';
}
