import { describe, expect, it } from 'vitest';
import { checkDraft, findLoss, toDraft } from './retention-draft.ts';

describe('the days for which mail is kept', () => {
  it('go into the form and come back; what has no limit suggests a number', () => {
    for (const retention of [
      { body_days: 30, message_days: 365 },
      { body_days: null, message_days: null },
      { body_days: 7, message_days: null },
    ])
      expect(checkDraft(toDraft(retention))).toEqual({ ok: true, retention });
    expect(toDraft({ body_days: null, message_days: 40 }).body).toEqual({ isUnlimited: true, days: '30' });
  });

  it.each(['0', '3651', '', '1.5', '-3', 'ten'])('are whole and few: not %s', (days) => {
    const draft = toDraft({ body_days: 30, message_days: 365 });
    expect(checkDraft({ ...draft, body: { isUnlimited: false, days } })).toMatchObject({
      problems: { body: /whole days/ },
    });
  });

  it('cannot be more for what it said than for the message; without a limit of its own it goes with the message', () => {
    expect(checkDraft(toDraft({ body_days: 40, message_days: 30 }))).toMatchObject({ ok: false });
    expect(checkDraft(toDraft({ body_days: null, message_days: 30 }))).toMatchObject({ ok: true });
  });

  it.each([
    [
      { body_days: 30, message_days: 365 },
      { body_days: 10, message_days: 365 },
      { body_days: 10, message_days: null },
    ],
    [
      { body_days: null, message_days: null },
      { body_days: null, message_days: 90 },
      { body_days: null, message_days: 90 },
    ],
    [
      { body_days: 10, message_days: 90 },
      { body_days: 30, message_days: null },
      { body_days: null, message_days: null },
    ],
  ])('%o → %o deletes %o', (now, next, loss) => {
    expect(findLoss(next, now)).toEqual(loss);
  });
});
