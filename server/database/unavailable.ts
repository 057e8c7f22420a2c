/**
 * Whether a database error says "not now": the disk is full, another process holds the file, the server is away. Nothing
 * was written then, or (a connection that broke during a commit) nobody knows; the same work may be asked for again.
 * Every other error is a fault of ours and is thrown on as it is.
 */
export class DatabaseUnavailableError extends Error {
  readonly code: string;
  constructor(problem: string, code: string) {
    super(problem);
    this.code = code;
  }
}

const diskFull = 'The disk is full.';
const busy = 'Another program holds the database.';
const unreadable = 'The database file cannot be written or read.';
const away = 'The database cannot be reached.';
const tooMany = 'The database takes no more connections.';

/** By the start of the code, the longest first. SQLite's extended codes, SQLSTATE, and those of Node's sockets. */
const problems: [start: string, problem: string][] = [
  ['SQLITE_FULL', diskFull],
  // The shared-memory file beside the database has no room to grow.
  ['SQLITE_IOERR_SHM', diskFull],
  ['SQLITE_BUSY', busy],
  ['SQLITE_IOERR', unreadable],
  ['SQLITE_CANTOPEN', unreadable],
  ['SQLITE_READONLY', unreadable],
  ['SQLITE_WRITER_ENDED', 'The thread that writes to the database has ended.'],
  ['53100', diskFull],
  ['53300', tooMany],
  ['53', 'The database is out of resources.'],
  ['57P0', away],
  ['57014', 'The database took too long.'],
  ['08', away],
  ['25006', 'The database takes no changes now.'],
  ['40', 'The database was too busy with the same rows.'],
  ['ECONN', away],
  ['EPIPE', away],
  ['ETIMEDOUT', away],
  ['EHOSTUNREACH', away],
  ['ENETUNREACH', away],
  ['ENOTFOUND', away],
  ['EAI_AGAIN', away],
  ['ENOENT', away],
];
/** The PostgreSQL driver gives these no code. */
const wordless =
  /^(Connection terminated|Query read timeout|timeout (exceeded|expired)|Client has encountered|Client was closed)/;

/** A sentence for the caller; null where the error is of another kind. */
export const findUnavailability = (error: unknown): string | null => {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (error instanceof DatabaseUnavailableError) return error.message;
  if (typeof code === 'string') return problems.find(([start]) => code.startsWith(start))?.[1] ?? null;
  return typeof message === 'string' && wordless.test(message) ? away : null;
};

/** @throws DatabaseUnavailableError instead of the driver's error where that says "not now". */
export const orUnavailable = <T>(work: Promise<T>): Promise<T> => work.catch(throwUnavailable);

function throwUnavailable(error: unknown): never {
  const problem = findUnavailability(error);
  if (problem === null || error instanceof DatabaseUnavailableError) throw error;
  throw new DatabaseUnavailableError(problem, String((error as { code?: unknown }).code ?? ''));
}
