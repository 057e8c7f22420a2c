/** The server: configuration → compose → start → wait for a signal → stop. */
import { CannotStartError } from './compose/cannot-start-error.ts';
import { compose, type Postern } from './compose.ts';
import { ConfigError, readConfig } from './config.ts';
import { NewerDatabaseError } from './database/migrate.ts';
import { endOnBug } from './platform/end-on-bug.ts';
import { openLogger } from './platform/logger.ts';

/** Longer than the mail path waits for verdicts. */
const stopTimeoutMs = 75_000;

// Mail, hashes and sealed passwords: nobody else on the machine reads what Postern writes.
process.umask(0o077);

const fail = (lines: string[]): never => {
  for (const line of lines) process.stderr.write(`postern: ${line}\n`);
  process.exit(1);
};

const readConfigOrFail = () => {
  try {
    return readConfig();
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.faults);
    throw error;
  }
};

const config = readConfigOrFail();
const logger = openLogger(config.logLevel, process.stdout.isTTY === true);
endOnBug(logger);
for (const warning of config.warnings) logger.warn(warning);

// A log that cannot be written (disk full, reader gone) never stops mail.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

const start = async (): Promise<Postern> => {
  const postern = await compose(config, logger);
  const { url, firstRunPath } = await postern.start();
  const publicUrl = config.port === 0 ? url : config.publicUrl;
  logger.info({ url }, `Postern is ready: ${publicUrl}`);
  // Not a log line: the link lets whoever has it in, and logs are read by more people than consoles.
  if (firstRunPath)
    process.stdout.write(`\nCreate the first administrator (valid for 30 minutes): ${publicUrl}${firstRunPath}\n\n`);
  return postern;
};

const postern = await start().catch((error: unknown) => {
  if (error instanceof CannotStartError || error instanceof NewerDatabaseError) return fail(error.message.split('\n'));
  throw error;
});

let isStopping = false;
const stop = async (signal: string) => {
  if (isStopping) return;
  isStopping = true;
  logger.info(`stopping: ${signal}`);
  setTimeout(() => fail([`did not stop within ${stopTimeoutMs / 1000} s`]), stopTimeoutMs).unref();
  await postern.stop();
  process.exit(0);
};
// What was acknowledged is on the disk; from here on nothing more can be.
void postern.whenBroken.then((error) => {
  logger.fatal({ err: error }, 'the database can no longer be written');
  fail([`the database can no longer be written: ${error.message}`]);
});
process.on('SIGTERM', () => stop('SIGTERM'));
process.on('SIGINT', () => stop('SIGINT'));
