/** What a server said it can do, from the lines of its EHLO reply after the first (RFC 5321 §4.1.1.1). */

export interface Capabilities {
  hasStarttls: boolean;
  /** Upper case, in the server's order; from `AUTH X Y` and the older `AUTH=X Y`. */
  authMechanisms: string[];
  /** RFC 1870; null when not announced or announced without a limit. */
  sizeLimitBytes: number | null;
  hasSize: boolean;
  has8BitMime: boolean;
  hasSmtpUtf8: boolean;
  hasPipelining: boolean;
  /** RFC 3030: BDAT. */
  hasChunking: boolean;
  /** RFC 3461. */
  hasDsn: boolean;
  /** RFC 9422: messages in one session, recipients in one transaction; null where not announced. */
  maxMessages: number | null;
  maxRecipients: number | null;
}

export function readCapabilities(lines: string[]): Capabilities {
  const found = new Map<string, string>();
  const mechanisms = new Set<string>();
  for (const line of lines) {
    const [keyword = '', ...rest] = line
      .trim()
      .replace(/^AUTH=/i, 'AUTH ')
      .split(/\s+/);
    const name = keyword.toUpperCase();
    if (name === 'AUTH') for (const word of rest) mechanisms.add(word.toUpperCase());
    if (!found.has(name)) found.set(name, rest.join(' '));
  }
  const size = found.get('SIZE') ?? '';
  // 0 means: no fixed limit. More than 15 digits is more than any limit.
  const limit = /^\d{1,15}$/.test(size) ? Number(size) : 0;
  return {
    hasStarttls: found.has('STARTTLS'),
    authMechanisms: [...mechanisms],
    sizeLimitBytes: limit === 0 ? null : limit,
    hasSize: found.has('SIZE'),
    has8BitMime: found.has('8BITMIME'),
    hasSmtpUtf8: found.has('SMTPUTF8'),
    hasPipelining: found.has('PIPELINING'),
    hasChunking: found.has('CHUNKING'),
    hasDsn: found.has('DSN'),
    maxMessages: readLimit(found.get('LIMITS'), 'MAILMAX'),
    maxRecipients: readLimit(found.get('LIMITS'), 'RCPTMAX'),
  };
}

/** `LIMITS MAILMAX=20 RCPTMAX=100`; what is no positive number of at most six digits is no limit (RFC 9422 §3). */
function readLimit(words: string | undefined, name: string): number | null {
  const value = new RegExp(`(?:^| )${name}=(\\d{1,6})(?: |$)`, 'i').exec(words ?? '')?.[1];
  return value === undefined || Number(value) === 0 ? null : Number(value);
}
