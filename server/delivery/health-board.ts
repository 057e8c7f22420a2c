/** What the screen shows of servers: written when it changes, one alert for one trouble; and who is paused. */
import type { Logger } from 'pino';
import type { SendingServer } from './sending-server.ts';
import type { DeliveryStore, ServerHealth } from './verdict.ts';

/** The name under which all servers are paused. */
export const everybody = '';

export interface HealthBoard {
  read: () => Promise<Map<string, ServerHealth>>;
  /** Stores what the server's circuit has come to, where that is news. */
  write: (server: SendingServer) => Promise<void>;
  setPaused: (settingsId: string, isPaused: boolean) => Promise<void>;
}

export interface HealthBoardParts {
  store: Pick<DeliveryStore, 'readHealth' | 'setHealth'>;
  /** Milliseconds since 1970. */
  now: () => number;
  logger: Pick<Logger, 'info' | 'warn'>;
}

export const openHealthBoard = ({ store, now, logger }: HealthBoardParts): HealthBoard => ({
  read: async () => new Map((await store.readHealth()).map((one) => [one.settingsId, one])),

  write: async (server) => {
    const shown = server.describe(now());
    const { health, settings } = server;
    if (shown === null || (health === null && shown.state === 'ok')) return;
    const isNews = health?.state !== shown.state || health.code !== shown.code;
    if (!isNews && health?.nextProbeAt === shown.nextProbeAt) return;
    // A second failure of the same kind is not a second trouble.
    const since = isNews ? shown.since : health.since;
    server.health = { ...shown, since, settingsId: settings.id, isPaused: server.isPausedItself };
    if (isNews) {
      const told = { settings: settings.name, code: shown.code };
      if (shown.state === 'ok') logger.info(told, 'the server takes mail again');
      else logger.warn(told, shown.reason);
    }
    await store.setHealth(server.health);
  },

  setPaused: async (settingsId, isPaused) => {
    const stored = (await store.readHealth()).find((one) => one.settingsId === settingsId);
    const unknown: Omit<ServerHealth, 'isPaused'> = {
      settingsId,
      state: 'ok',
      code: 'ok',
      reason: '',
      since: now(),
      nextProbeAt: null,
    };
    await store.setHealth({ ...unknown, ...stored, isPaused });
  },
});
