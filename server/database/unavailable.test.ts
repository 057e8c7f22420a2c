import { describe, expect, it } from 'vitest';
import { DatabaseUnavailableError, findUnavailability, orUnavailable } from './unavailable.ts';

const coded = (code: string) => Object.assign(new Error('words of the driver'), { code });

describe('errors of a database', () => {
  it.each([
    ['SQLITE_FULL', 'The disk is full.'],
    ['SQLITE_IOERR_SHMSIZE', 'The disk is full.'],
    ['SQLITE_BUSY_SNAPSHOT', 'Another program holds the database.'],
    ['SQLITE_IOERR_FSYNC', 'The database file cannot be written or read.'],
    ['53100', 'The disk is full.'],
    ['53300', 'The database takes no more connections.'],
    ['57P01', 'The database cannot be reached.'],
    ['08006', 'The database cannot be reached.'],
    ['ECONNREFUSED', 'The database cannot be reached.'],
    ['25006', 'The database takes no changes now.'],
  ])('%s says try later: %s', (code, problem) => {
    expect(findUnavailability(coded(code))).toBe(problem);
  });

  it.each(['Connection terminated unexpectedly', 'Query read timeout', 'timeout exceeded when trying to connect'])(
    '"%s" says try later, without a code',
    (message) => {
      expect(findUnavailability(new Error(message))).toBe('The database cannot be reached.');
    },
  );

  it.each(['SQLITE_CONSTRAINT_PRIMARYKEY', 'SQLITE_ERROR', 'SQLITE_CORRUPT', '23505', '42601', '22P05'])(
    '%s is a fault of ours or of the file',
    (code) => {
      expect(findUnavailability(coded(code))).toBeNull();
    },
  );

  it('are thrown on as they are, or as the one sort that callers wait out', async () => {
    const ours = coded('23505');
    await expect(orUnavailable(Promise.reject(ours))).rejects.toBe(ours);
    const full = await orUnavailable(Promise.reject(coded('SQLITE_FULL'))).catch((error: unknown) => error);
    expect(full).toBeInstanceOf(DatabaseUnavailableError);
    expect(full).toMatchObject({ message: 'The disk is full.', code: 'SQLITE_FULL' });
    await expect(orUnavailable(Promise.reject(full))).rejects.toBe(full);
  });
});
