/**
 * Whether a folder's disk has room left for more than what must be written anyway. Mail that is accepted takes room, and so
 * does every step of sending it: whoever accepts until nothing is left can send nothing either. Asked with every
 * submission, so an answer holds for a moment.
 */
import { statfs } from 'node:fs/promises';

const holdsMilliseconds = 250;

export interface DiskRoom {
  /** True also where nobody can tell. */
  hasRoom: () => Promise<boolean>;
}

export interface DiskRoomParts {
  folder: string;
  leastBytes: number;
  /** Milliseconds of a clock that never jumps. */
  monotonic: () => number;
}

export const openDiskRoom = ({ folder, leastBytes, monotonic }: DiskRoomParts): DiskRoom => {
  let askedAt = Number.NEGATIVE_INFINITY;
  let answer: Promise<boolean> = Promise.resolve(true);
  const ask = async (): Promise<boolean> => {
    try {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize >= leastBytes;
    } catch {
      return true;
    }
  };
  return {
    hasRoom: () => {
      if (monotonic() - askedAt >= holdsMilliseconds) {
        askedAt = monotonic();
        answer = ask();
      }
      return answer;
    },
  };
};
