/**
 * What a person has paused: all sending, or one of the SMTP settings; who and when. It lies beside the health of servers and
 * not in it, because every node writes health, and none of them may undo what a person has chosen.
 */
import type { Database } from '../database/open.ts';
import type { Clock } from '../platform/clock.ts';

/** The name under which all sending is paused. */
export const everything = '';

export interface SendingPause {
  /** `everything`, or the id of SMTP settings. */
  settingsId: string;
  /** Null: not known any more. */
  pausedBy: string | null;
  /** Milliseconds since 1970. */
  pausedAt: number;
}

export interface SendingPauses {
  read: () => Promise<SendingPause[]>;
  /** What is paused already stays paused by whom it was. @param by as `updatedBy` names people and keys */
  pause: (settingsId: string, by: string) => Promise<void>;
  resume: (settingsId: string) => Promise<void>;
}

export const openSendingPauses = ({ query }: Pick<Database, 'query'>, clock: Pick<Clock, 'now'>): SendingPauses => ({
  read: async () => {
    const rows = await query.selectFrom('sending_pause').selectAll().orderBy('settings_id').execute();
    return rows.map(({ settings_id, paused_by, paused_at }) => ({
      settingsId: settings_id,
      pausedBy: paused_by === '' ? null : paused_by,
      pausedAt: paused_at,
    }));
  },
  pause: async (settingsId, by) => {
    await query
      .insertInto('sending_pause')
      .values({ settings_id: settingsId, paused_by: by, paused_at: clock.now() })
      .onConflict((conflict) => conflict.column('settings_id').doNothing())
      .execute();
  },
  resume: async (settingsId) => {
    await query.deleteFrom('sending_pause').where('settings_id', '=', settingsId).execute();
  },
});
