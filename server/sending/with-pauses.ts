/** The delivery store as a worker sees it: who is paused comes from the pauses, whatever the health of a server says. */
import type { DeliveryStore, ServerHealth } from '../delivery/verdict.ts';
import type { SendingPauses } from './sending-pause.store.ts';

export const withPauses = (store: DeliveryStore, pauses: Pick<SendingPauses, 'read'>): DeliveryStore => ({
  ...store,
  readHealth: async () => {
    const [health, paused] = await Promise.all([store.readHealth(), pauses.read()]);
    const byId = new Map(health.map((one) => [one.settingsId, { ...one, isPaused: false }]));
    for (const { settingsId, pausedAt } of paused) {
      byId.set(settingsId, { ...(byId.get(settingsId) ?? unknown(settingsId, pausedAt)), isPaused: true });
    }
    return [...byId.values()];
  },
  setHealth: (health) => store.setHealth({ ...health, isPaused: false }),
});

/** Nothing was heard of it yet. */
const unknown = (settingsId: string, since: number): ServerHealth => ({
  settingsId,
  state: 'ok',
  code: 'ok',
  reason: '',
  since,
  nextProbeAt: null,
  isPaused: false,
});
