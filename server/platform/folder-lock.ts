/**
 * One process per data folder. The lock is an open exclusive transaction on a small database file: the operating system
 * lets go of it when the process ends, however it ends, so a kill leaves nothing to clean up.
 */
import path from 'node:path';
import Sqlite from 'better-sqlite3';

/** @returns the release, or null when another process has the folder. */
export const lockFolder = (folder: string): (() => void) | null => {
  const file = new Sqlite(path.join(folder, 'postern.lock'), { timeout: 0 });
  try {
    file.pragma('locking_mode = EXCLUSIVE');
    file.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
  return () => file.close();
};
