/**
 * The claims of this process: what it holds under which name, so that leases are renewed for these and for no others.
 *
 * A claim whose answer was lost, and one that could not be given back, are held by nobody, though the database says that
 * they are ours. So after such a failure claims are made under a new name; the old one is renewed only as long as something
 * is held under it, and then what was lost runs out and is taken up as any lost lease.
 */
import { type ClaimedMessage, type ClaimRequest, leaseSeconds, type QueueStore } from '../queue/queue.ts';

export interface HeldClaims {
  claim: (request: Pick<ClaimRequest, 'settingsIds' | 'senders' | 'limit' | 'onlyUrgent'>) => Promise<ClaimedMessage[]>;
  /** For a row that is inserted as one that is leased (hand-off.ts). */
  lease: () => { owner: string; leasedUntil: number };
  /** Such a row is in the database. */
  hold: (message: ClaimedMessage, lease: { owner: string; leasedUntil: number }) => void;
  /** Nobody knows whether it is. */
  lose: () => void;
  /** By the clock its lease may have run out before it was renewed. */
  mayBeLost: (message: ClaimedMessage) => boolean;
  /** Those whose time has run out, whatever they wait for. */
  claimOverdue: (limit: number) => Promise<ClaimedMessage[]>;
  giveBack: (messages: readonly ClaimedMessage[]) => Promise<void>;
  /** Its attempt was recorded, or it was found lost. The very object that was claimed, as in all of these. */
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
  /** Each claim for itself: the same message may be claimed again before its last attempt is done with here. */
  const leases = new Map<ClaimedMessage, { owner: string; leasedUntil: number }>();
  const renewedUntil = new Map<string, number>();
  let name = owner;
  let changes = 0;
  const changeName = () => {
    name = `${owner}#${++changes}`;
  };
  const lease = () => ({ owner: name, leasedUntil: now() + leaseSeconds * 1000 });
  const hold = (message: ClaimedMessage, under: ReturnType<typeof lease>): void => {
    leases.set(message, under);
  };
  const forget = (message: ClaimedMessage): void => {
    leases.delete(message);
  };
  const holdAll = async (
    claiming: Promise<ClaimedMessage[]>,
    under: ReturnType<typeof lease>,
  ): Promise<ClaimedMessage[]> => {
    try {
      const claims = await claiming;
      for (const one of claims) hold(one, under);
      return claims;
    } catch (error) {
      changeName();
      throw error;
    }
  };

  return {
    claim: async (request) =>
      request.settingsIds.length === 0 ? [] : holdAll(queue.claim({ ...request, owner: name, now: now() }), lease()),
    claimOverdue: async (limit) =>
      queue.claimOverdue === undefined ? [] : holdAll(queue.claimOverdue({ owner: name, now: now(), limit }), lease()),
    lease,
    hold,
    lose: changeName,
    mayBeLost: (message) => {
      const held = leases.get(message);
      return held === undefined || Math.max(held.leasedUntil, renewedUntil.get(held.owner) ?? 0) <= now();
    },
    giveBack: async (messages) => {
      if (messages.length === 0) return;
      for (const one of messages) forget(one);
      const claims = messages.map(({ id, token }) => ({ id, token }));
      try {
        // Due, and not behind those that came later.
        await queue.giveBack(claims, Math.min(now(), Math.max(...messages.map(({ createdAt }) => createdAt))));
      } catch (error) {
        changeName();
        throw error;
      }
    },
    release: forget,
    renew: async () => {
      const names = new Set(Array.from(leases.values(), ({ owner }) => owner));
      for (const one of renewedUntil.keys()) if (!names.has(one)) renewedUntil.delete(one);
      for (const one of names) {
        const at = now();
        await queue.renewLeases(one, at);
        renewedUntil.set(one, at + leaseSeconds * 1000);
      }
    },
  };
}
