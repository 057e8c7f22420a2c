/**
 * Large bodies take memory several times their size until they are answered, so only so many octets of them are let in at
 * once; the others wait in their connections, where they cost nothing. First come, first served. Small ones do not ask.
 * A second, smaller room is for those that have come in whole: a body that is read into objects, and what becomes of it,
 * lives on the heap; more of them at once are not answered sooner, they only live long enough to be expensive to collect.
 */

/** As much as the largest single body: it can always come in, alone. */
export const roomBytes = 36 * 1024 * 1024;
/** Bodies up to this size do not ask. */
export const smallBytes = 256 * 1024;

/** Of bodies that are worked on at once: one is composed while those before it are stored. */
export const workBytes = 1024 * 1024;
/** Worked on at once, whatever the others do. */
export const quickBytes = 32 * 1024;

export interface BodyRoom {
  /** Resolves with the function that gives the room back; null when `signal` came first. */
  enter: (bytes: number, signal: AbortSignal) => Promise<(() => void) | null>;
}

export const openBodyRoom = (most: number = roomBytes, small: number = smallBytes): BodyRoom => {
  const queue: { bytes: number; admit: () => void }[] = [];
  let used = 0;
  const admitNext = () => {
    for (let next = queue[0]; next && used + next.bytes <= most; next = queue[0]) {
      queue.shift();
      used += next.bytes;
      next.admit();
    }
  };
  return {
    enter: async (wanted, signal) => {
      if (wanted <= small) return () => {};
      if (signal.aborted) return null;
      const bytes = Math.min(wanted, most);
      const isIn = await new Promise<boolean>((resolve) => {
        const waiting = {
          bytes,
          admit: () => {
            signal.removeEventListener('abort', giveUp);
            resolve(true);
          },
        };
        const giveUp = () => {
          queue.splice(queue.indexOf(waiting), 1);
          resolve(false);
          admitNext();
        };
        signal.addEventListener('abort', giveUp, { once: true });
        queue.push(waiting);
        admitNext();
      });
      if (!isIn) return null;
      let isLeft = false;
      return () => {
        if (isLeft) return;
        isLeft = true;
        used -= bytes;
        admitNext();
      };
    },
  };
};
