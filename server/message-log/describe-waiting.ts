/** What waits, and for what, from counts by settings: a server that is away explains its whole heap. */
import type { Overview, waitReasons } from '../../contracts/overview.ts';
import { toIso } from '../platform/clock.ts';

export interface WaitingGroup {
  /** Of the settings; empty where there are none. */
  id: string;
  kind: 'due' | 'sending' | 'scheduled' | 'retry';
  count: number;
  /** Milliseconds. */
  nextAt: number;
}

interface SettingsHealth {
  id: string;
  name: string;
  state: string | null;
  reason: string | null;
  next_probe_at: number | null;
  is_paused: number | null;
}

type Waiting = Overview['waiting'][number];

const words: Record<Exclude<(typeof waitReasons)[number], 'server'>, [detail: string, search: string]> = {
  due: ['Its turn is next.', 'status:queued'],
  sending: ['An attempt is under way.', 'status:sending'],
  scheduled: ['Its time has not come.', 'status:queued'],
  retry: ['Refused for now, or not answered.', 'status:retry'],
  held: ['Somebody has to decide.', 'status:held'],
};

/** @returns most urgent for a person first. */
export const describeWaiting = (
  groups: readonly WaitingGroup[],
  settings: readonly SettingsHealth[],
  heldCount: number,
  now: number,
): Waiting[] => {
  const stopped = new Map(settings.filter(isStopped).map((each) => [each.id, each]));
  const found: Waiting[] = [];
  if (heldCount > 0) found.push(describe('held', heldCount, null));
  for (const server of stopped.values()) {
    const waits = groups.filter(({ id, kind }) => id === server.id && kind !== 'scheduled' && kind !== 'sending');
    const count = total(waits);
    if (count > 0) found.push(describeServer(server, count));
  }
  const open = groups.filter(({ id, kind }) => !stopped.has(id) || kind === 'scheduled' || kind === 'sending');
  for (const kind of ['due', 'sending', 'retry', 'scheduled'] as const) {
    const waits = open.filter((group) => group.kind === kind);
    if (waits.length === 0) continue;
    const nextAt = kind === 'sending' ? null : Math.max(now, Math.min(...waits.map((group) => group.nextAt)));
    found.push(describe(kind, total(waits), nextAt));
  }
  return found;
};

/** Nothing leaves through it by itself. */
const isStopped = ({ state, is_paused }: SettingsHealth) =>
  is_paused === 1 || state === 'blocked' || state === 'unreachable';

const total = (groups: readonly WaitingGroup[]) => groups.reduce((sum, { count }) => sum + count, 0);

function describe(reason: keyof typeof words, count: number, nextAt: number | null): Waiting {
  const [detail, search] = words[reason];
  return { reason, count, settings: null, detail, nextAt: nextAt === null ? null : toIso(nextAt), search };
}

function describeServer(server: SettingsHealth, count: number): Waiting {
  return {
    reason: 'server',
    count,
    settings: { id: server.id, name: server.name },
    detail: server.is_paused === 1 ? 'Paused by a person.' : (server.reason ?? ''),
    nextAt: server.is_paused === 1 || server.next_probe_at === null ? null : toIso(server.next_probe_at),
    search: `status:waiting settings:${/\s/.test(server.name) ? `"${server.name}"` : server.name}`,
  };
}
