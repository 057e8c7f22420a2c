/** Whether the disk with the data folder has room for more mail. */
import { statfs } from 'node:fs/promises';

/** Less than a few large messages and what the database writes beside them. */
export const leastFreeBytes = 64 * 1024 * 1024;

/** A sentence for whoever can make room; null: there is enough, or it cannot be told. */
export const findDiskProblem = async (folder: string, read: typeof statfs = statfs): Promise<string | null> => {
  const disk = await read(folder).catch(() => null);
  if (disk === null) return null;
  const free = disk.bavail * disk.bsize;
  if (free >= leastFreeBytes) return null;
  const megabytes = Math.floor(free / 1024 / 1024);
  return `The disk that holds ${folder} is nearly full (${megabytes} MB are free). When it is full no more mail is accepted or sent. Make room on it.`;
};
