/**
 * The claims of this process: what it holds under which name, so that leases are renewed for these and for no others.
 *
 * A claim whose answer was lost, and one that could not be given back, are held by nobody, though the database says that
 * they are ours. So after such a failure claims are made under a new name; the old one is renewed only as long as something
 * is held under it, and then what was lost runs out and is taken up as any lost lease.
 */
import type { ClaimedMessage, ClaimRequest, QueueStore } from '../queue/queue.ts';

export interface HeldClaims {
  claim: (request: Pick<ClaimRequest, 'settingsIds' | 'limit' | 'onlyUrgent'>) => Promise<ClaimedMessage[]>;
  /** Those whose time has run out, whatever they wait for. */
  claimOverdue: (limit: number) => Promise<ClaimedMessage[]>;
  giveBack: (messages: readonly ClaimedMessage[]) => Promise<void>;
  /** Its attempt was recorded, or it was found lost. */
  release: (message: ClaimedMessage) => void;
  renew: () => Promise<void>;
}

export interface HeldClaimsParts {
  queue: Pick<QueueStore, 'claim' | 'claimOverdue' | 'giveBack' | 'renewLeases'>;
  owner: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

export function holdClaims({ queue, owner, now }: HeldClaimsParts): HeldClaims {
  /** By message and token: the same message may be claimed again before its last attempt is done with here. */
  const nameOf = new Map<string, string>();
  const keyOf = ({ id, token }: { id: string; token: number }) => `${id} ${token}`;
  let name = owner;
  let changes = 0;
  const changeName = () => {
    name = `${owner}#${++changes}`;
  };
  const hold = async (claiming: Promise<ClaimedMessage[]>, under: string): Promise<ClaimedMessage[]> => {
    try {
      const claims = await claiming;
      for (const one of claims) nameOf.set(keyOf(one), under);
      return claims;
    } catch (error) {
      changeName();
      throw error;
    }
  };

  return {
    claim: async (request) =>
      request.settingsIds.length === 0 ? [] : hold(queue.claim({ ...request, owner: name, now: now() }), name),
    claimOverdue: async (limit) =>
      queue.claimOverdue === undefined ? [] : hold(queue.claimOverdue({ owner: name, now: now(), limit }), name),
    giveBack: async (messages) => {
      if (messages.length === 0) return;
      for (const one of messages) nameOf.delete(keyOf(one));
      const claims = messages.map(({ id, token }) => ({ id, token }));
      try {
        // Due, and not behind those that came later.
        await queue.giveBack(claims, Math.max(...messages.map(({ createdAt }) => createdAt)));
      } catch (error) {
        changeName();
        throw error;
      }
    },
    release: (message) => void nameOf.delete(keyOf(message)),
    renew: async () => {
      for (const one of new Set(nameOf.values())) await queue.renewLeases(one, now());
    },
  };
}
