/**
 * What the top of every page says: whether mail goes out, and which servers keep it waiting. Read at most every five
 * seconds, whoever asks; what somebody changes here is seen at once.
 */
import type { SendingAlert, SendingState } from '../../contracts/sending.ts';
import type { Database } from '../database/open.ts';
import { type Clock, toIso, toIsoOrNull } from '../platform/clock.ts';
import type { WaitingMail } from '../smtp-settings/waiting-mail.store.ts';
import { everything, type SendingPauses } from './sending-pause.store.ts';

export interface SendingStateStore {
  read: () => Promise<SendingState>;
  /** Something changed: the next one who asks is told. */
  forget: () => void;
  /** The settings were changed or have passed a test: what was wrong with their server is known no more. */
  forgetTrouble: (settingsId: string) => Promise<void>;
}

export interface SendingStateParts {
  database: Pick<Database, 'query'>;
  pauses: Pick<SendingPauses, 'read'>;
  waiting: Pick<WaitingMail, 'count'>;
  /** Why Postern itself cannot send; null: it can. */
  findProblem: () => Promise<string | null>;
  clock: Clock;
}

export const keptMs = 5000;

export const describeFullDisk = (folder: string): string =>
  `The disk that holds ${folder} is full, so no more mail is accepted. What waits is still sent. Make room on it.`;

export const openSendingState = (parts: SendingStateParts): SendingStateStore => {
  const { query } = parts.database;
  let kept: { until: number; state: Promise<SendingState> } | null = null;
  return {
    read: () => {
      const at = parts.clock.monotonic();
      if (kept === null || at >= kept.until) {
        const mine = { until: at + keptMs, state: readState(parts) };
        kept = mine;
        // A failure is not kept.
        mine.state.catch(() => {
          if (kept === mine) kept = null;
        });
      }
      return kept.state;
    },
    forget: () => {
      kept = null;
    },
    forgetTrouble: async (settingsId) => {
      await query.deleteFrom('server_health').where('settings_id', '=', settingsId).execute();
      kept = null;
    },
  };
};

async function readState({ database, pauses, waiting, findProblem }: SendingStateParts): Promise<SendingState> {
  const [paused, settings, problem] = await Promise.all([pauses.read(), readSettings(database), findProblem()]);
  const count = async (id: string) => {
    const isDefault = settings.find((each) => each.id === id)?.is_default === 1;
    return (await waiting.count(id)) + (isDefault ? await waiting.count('') : 0);
  };
  const state: SendingState = {
    is_paused: false,
    paused_by: null,
    paused_at: null,
    paused_settings: [],
    problem,
    alerts: [],
  };
  for (const { settingsId: id, pausedBy, pausedAt } of paused) {
    const name = settings.find((each) => each.id === id)?.name;
    if (id === everything) Object.assign(state, { is_paused: true, paused_by: pausedBy, paused_at: toIso(pausedAt) });
    else if (name !== undefined) state.paused_settings.push({ id, name, waiting: await count(id) });
  }
  for (const { id, name, state: health, code, reason, since, next_probe_at } of settings) {
    if ((health !== 'blocked' && health !== 'unreachable') || since === null) continue;
    const alert: SendingAlert = {
      smtp_settings: { id, name },
      state: health,
      code: code ?? '',
      reason: reason ?? '',
      since: toIso(since),
      next_probe_at: toIsoOrNull(next_probe_at),
      waiting: await count(id),
    };
    state.alerts.push(alert);
  }
  // Those that keep most mail first.
  state.alerts.sort((a, b) => b.waiting - a.waiting);
  return state;
}

const readSettings = ({ query }: Pick<Database, 'query'>) =>
  query
    .selectFrom('smtp_settings')
    .leftJoin('server_health', 'server_health.settings_id', 'smtp_settings.id')
    .select(['id', 'name', 'is_default', 'state', 'code', 'reason', 'since', 'next_probe_at'])
    .orderBy('name_key')
    .execute();
