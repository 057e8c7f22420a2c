/** Whether an error says that the database is away, busy or full, so that the same call may succeed later. */
const away = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
  // PostgreSQL: connection failures, shutdown, starting up, too many connections, disk full.
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
  '57P01',
  '57P02',
  '57P03',
  '53100',
  '53200',
  '53300',
]);

export const isDatabaseUnavailable = (error: unknown): boolean => {
  const { code = '', message = '', syscall } = error as { code?: string; message?: string; syscall?: string };
  if (/^SQLITE_(BUSY|FULL|IOERR|LOCKED)/.test(code)) return true;
  if (/Connection terminated|timeout exceeded when trying to connect|Cannot use a pool after/.test(message))
    return true;
  return (
    away.has(code) && (!code.startsWith('E') || syscall === 'connect' || syscall === 'read' || syscall === 'write')
  );
};
