/** Hands accepted messages to the server that they go by, past the queue; see queue/hand-off.ts and SendingServer.reserve. */
import { newId } from '../platform/id.ts';
import { type HandOff, toHandedOff } from '../queue/hand-off.ts';
import type { ClaimedMessage } from '../queue/queue.ts';
import type { AcceptedMessage } from '../submission/accepted-message.ts';
import type { HeldClaims } from './held-claims.ts';
import type { ServerList } from './server-list.ts';

export interface HandOffParts {
  servers: Pick<ServerList, 'find'>;
  claims: Pick<HeldClaims, 'lease' | 'hold' | 'lose'>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** False while the program stops, or something cannot be written down. */
  isOpen: () => boolean;
  /** Something is under way, which whoever stops waits for. @returns ends it */
  begin: () => () => void;
  distribute: (messages: readonly ClaimedMessage[]) => void;
}

export function openHandOff({ servers, claims, now: readClock, isOpen, begin, distribute }: HandOffParts): HandOff {
  return {
    pace: (batch, reserve) => {
      const [first] = batch;
      if (first === undefined || batch.length === 1 || !isOpen() || !batch.every((one) => isAlike(one, first)))
        return null;
      return servers.find(first)?.pace(batch, reserve) ?? null;
    },
    reserve: (accepted) => {
      const now = readClock();
      if (!isOpen() || (accepted.scheduledAt ?? now) > now || accepted.expiresAt <= now) return null;
      const server = servers.find(accepted);
      const free = server?.reserve(accepted);
      if (!server || !free) return null;
      const lease = claims.lease();
      const { id: settingsId, name: settingsName } = server.settings;
      const attempt = { id: newId('try', now), settingsId, settingsName };
      const message = toHandedOff(accepted, attempt);
      const end = begin();
      const close = () => {
        free();
        end();
      };
      return {
        ...lease,
        attempt,
        take: (content) => {
          message.content = content;
          claims.hold(message, lease);
          distribute([message]);
          close();
          server.pump();
        },
        drop: close,
        lose: () => {
          claims.lose();
          close();
        },
      };
    },
  };
}

/** Of no lane of its own, for now, for the same server. */
const isAlike = ({ settingsId, lane, scheduledAt }: AcceptedMessage, first: AcceptedMessage): boolean =>
  settingsId === first.settingsId && lane !== 'urgent' && scheduledAt === null;
