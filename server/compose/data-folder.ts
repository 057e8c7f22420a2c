import { access, constants, mkdir } from 'node:fs/promises';
import type { Config } from '../config.ts';
import { lockFolder } from '../platform/folder-lock.ts';
import { CannotStartError } from './cannot-start-error.ts';

/** Makes it where it is missing. @throws CannotStartError */
export async function openDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'it is a file' : 'it cannot be written';
    throw new CannotStartError(
      `The data folder ${folder} cannot be used: ${why}. Set POSTERN_DATA_DIR to a folder of its own.`,
    );
  }
}

/**
 * On SQLite the folder belongs to one server alone.
 *
 * @returns what gives it free.
 * @throws CannotStartError while another server has it.
 */
export const lockDataFolder = ({ database, dataFolder }: Config): (() => void) => {
  if (database.kind !== 'sqlite') return () => {};
  const unlock = lockFolder(dataFolder);
  if (unlock) return unlock;
  throw new CannotStartError(
    `Another Postern runs on ${dataFolder}. Stop it, or give this one its own POSTERN_DATA_DIR and POSTERN_PORT.`,
  );
};
