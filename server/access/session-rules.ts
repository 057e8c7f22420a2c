/**
 * A session in the browser: a random reference in a cookie, its SHA-256 in the database, nothing else anywhere.
 *
 * Policy: 8 hours idle, 7 days in all. The reference values are 30 minutes and 12 hours; but this is a tool that people
 * leave open beside their work, and whoever must type a password every half hour chooses a short one. Eight hours ends a
 * session overnight, seven days ends a stolen one that is kept alive. A new sign-in always makes a new token.
 */
import { createHash, randomBytes } from 'node:crypto';

export const sessionIdleMs = 8 * 60 * 60 * 1000;
export const sessionAbsoluteMs = 7 * 24 * 60 * 60 * 1000;
/** `lastSeenAt` and `lastUsedAt` are written at most this often: reading a page must not cost a write. */
export const seenWriteMs = 60 * 1000;
/** The oldest go first; a script that signs in again and again must not fill the table. */
export const sessionsPerPerson = 50;

export interface SessionTimes {
  createdAt: number;
  lastSeenAt: number;
}

/** When it ends if nothing more happens, milliseconds since 1970. */
export const sessionExpiresAt = ({ createdAt, lastSeenAt }: SessionTimes): number =>
  Math.min(createdAt + sessionAbsoluteMs, lastSeenAt + sessionIdleMs);

/** 256 random bits, 43 characters. */
export const makeSessionToken = (): string => randomBytes(32).toString('base64url');

/** SHA-256, 64 hexadecimal digits; enough for a random token, as nobody can guess it. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/**
 * The cookie. Over https it is bound to exactly this host and never sent in clear (`__Host-`, RFC 6265bis §4.1.3.2).
 * SameSite=Strict costs nothing here: a link from elsewhere loads the page without it, and the page's own calls carry it.
 */
const sessionCookieName = (isHttps: boolean): string => (isHttps ? '__Host-postern' : 'postern');

export const printSessionCookie = (token: string, isHttps: boolean): string =>
  `${sessionCookieName(isHttps)}=${token}; Path=/; Max-Age=${sessionAbsoluteMs / 1000}; HttpOnly; SameSite=Strict${isHttps ? '; Secure' : ''}`;

/** Makes the browser forget it. */
export const printEndedCookie = (isHttps: boolean): string =>
  `${sessionCookieName(isHttps)}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict${isHttps ? '; Secure' : ''}`;

/** The token in a Cookie header; null when there is none, or what is there cannot be one. */
export const readSessionCookie = (header: string | undefined, isHttps: boolean): string | null => {
  const start = `${sessionCookieName(isHttps)}=`;
  for (const part of (header ?? '').split(';')) {
    const cookie = part.trim();
    if (cookie.startsWith(start) && /^[\w-]{43}$/.test(cookie.slice(start.length))) return cookie.slice(start.length);
  }
  return null;
};
