import { describe, expect, it } from 'vitest';
import { acceptedMessage } from '../queue/test-data.ts';
import { holdMessages } from './accept-holds.ts';

const failWith = (error: unknown) => {
  const ends: string[] = [];
  const end = (how: string) => () => void ends.push(how);
  const attempt = { id: 'try_1', settingsId: 'smtp_1', settingsName: 'Relay' };
  const reservation = { owner: 'n', leasedUntil: 1, attempt, take: end('take'), drop: end('drop'), lose: end('lose') };
  holdMessages({ reserve: () => reservation }, [acceptedMessage()]).fail(error);
  return ends;
};

describe('a reservation whose insert failed', () => {
  it.each(['SQLITE_FULL', 'SQLITE_BUSY', 'SQLITE_CONSTRAINT_PRIMARYKEY', '23505', '40P01', '53100', '57014'])(
    'is dropped after %s: nothing was inserted',
    (code) => expect(failWith(Object.assign(new Error('x'), { code }))).toEqual(['drop']),
  );
  it.each(['SQLITE_IOERR_FSYNC', 'SQLITE_WRITER_ENDED', '08006', '57P01', '40003', 'ECONNRESET', undefined])(
    'is lost after %s: nobody knows',
    (code) => expect(failWith(Object.assign(new Error('Connection terminated'), { code }))).toEqual(['lose']),
  );
});
