/** The servers that mail goes to, kept as their settings are and as persons have paused them. */
import type { ClaimedMessage } from '../queue/queue.ts';
import { everybody, type HealthBoard } from './health-board.ts';
import { SendingServer, type ServerEffects } from './sending-server.ts';
import type { SendingSettingsSource } from './sending-settings.ts';

export interface ServerList {
  all: () => Iterable<SendingServer>;
  get: (settingsId: string) => SendingServer | undefined;
  /** By what the message names, or the default; undefined: nobody (any more). */
  find: (message: Pick<ClaimedMessage, 'settingsId'>) => SendingServer | undefined;
  /** Names of settings that were deleted while this process knew them, by id; what still waits for them is to be held. */
  gone: ReadonlyMap<string, string>;
  /** Reads settings and pauses anew. @param wasOvertaken whether something changed since the reading began */
  refresh: (wasOvertaken: () => boolean) => Promise<void>;
  /** At once, before it is read again. */
  setPaused: (settingsId: string, isPaused: boolean) => void;
}

export interface ServerListParts {
  settings: SendingSettingsSource;
  board: Pick<HealthBoard, 'read'>;
  /** Milliseconds since 1970. */
  now: () => number;
  effects: ServerEffects;
}

export function openServerList({ settings: source, board, now, effects }: ServerListParts): ServerList {
  const servers = new Map<string, SendingServer>();
  const gone = new Map<string, string>();
  return {
    gone,
    all: () => servers.values(),
    get: (settingsId) => servers.get(settingsId),
    find: ({ settingsId }) => {
      if (settingsId !== null) return servers.get(settingsId);
      for (const server of servers.values()) if (server.settings.isDefault) return server;
      return undefined;
    },
    refresh: async (wasOvertaken) => {
      let [all, healthOf] = await Promise.all([source.list(), board.read()]);
      while (wasOvertaken()) [all, healthOf] = await Promise.all([source.list(), board.read()]);
      for (const one of all) {
        gone.delete(one.id);
        const known = servers.get(one.id);
        if (known !== undefined) known.change(one);
        else servers.set(one.id, new SendingServer(one, healthOf.get(one.id) ?? null, now(), effects));
      }
      const present = new Set(all.map(({ id }) => id));
      const areAllPaused = healthOf.get(everybody)?.isPaused ?? false;
      for (const [id, server] of servers) {
        server.isPausedItself = healthOf.get(id)?.isPaused ?? false;
        server.isPaused = areAllPaused || server.isPausedItself;
        if (server.isPaused) server.giveAllBack();
        if (present.has(id)) continue;
        server.stop();
        servers.delete(id);
        gone.set(id, server.settings.name);
      }
    },
    setPaused: (settingsId, isPaused) => {
      for (const server of servers.values()) {
        if (!isPaused || (settingsId !== everybody && settingsId !== server.settings.id)) continue;
        server.isPaused = true;
        server.giveAllBack();
      }
    },
  };
}
