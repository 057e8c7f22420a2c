/**
 * What nobody caught ends the process, as Node would have it; but in the words of the log. Node itself would print the error
 * with all that hangs on it, and that may be the row that a database refused.
 */
import type { Logger } from 'pino';

export const endOnBug = (logger: Pick<Logger, 'fatal'>): void => {
  process.on('uncaughtException', (error) => {
    logger.fatal(
      { err: error },
      'a bug ended Postern; what it accepted is on the disk and is sent after the next start',
    );
    process.exit(1);
  });
};
