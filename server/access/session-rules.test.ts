import { describe, expect, it } from 'vitest';
import {
  hashToken,
  makeSessionToken,
  printEndedCookie,
  printSessionCookie,
  readSessionCookie,
  sessionExpiresAt,
} from './session-rules.ts';

const hour = 60 * 60 * 1000;

describe('session rules', () => {
  it('ends 8 hours after it was last seen, and 7 days after it began whatever happens', () => {
    expect(sessionExpiresAt({ createdAt: 0, lastSeenAt: 0 })).toBe(8 * hour);
    expect(sessionExpiresAt({ createdAt: 0, lastSeenAt: 30 * hour })).toBe(38 * hour);
    expect(sessionExpiresAt({ createdAt: 0, lastSeenAt: 167 * hour })).toBe(168 * hour);
  });

  it('makes tokens of 256 bits that their hash does not give away', () => {
    const token = makeSessionToken();
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(token).not.toBe(makeSessionToken());
    expect(hashToken(token)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('binds the cookie to this host over https, and keeps it from scripts and other sites always', () => {
    const token = makeSessionToken();
    expect(printSessionCookie(token, true)).toBe(
      `__Host-postern=${token}; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure`,
    );
    expect(printSessionCookie(token, false)).toBe(
      `postern=${token}; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict`,
    );
    expect(printEndedCookie(true)).toMatch(/^__Host-postern=; Path=\/; Max-Age=0;.* Secure$/);
  });

  it('reads back its own cookie among others, and nothing that cannot be one', () => {
    const token = makeSessionToken();
    expect(readSessionCookie(`theme=dark; postern=${token}; x=y`, false)).toBe(token);
    expect(readSessionCookie(`postern=${token}`, true)).toBeNull();
    expect(readSessionCookie(`__Host-postern=${token}`, true)).toBe(token);
    expect(readSessionCookie(`notpostern=${token}`, false)).toBeNull();
    expect(readSessionCookie(`postern=${token}x`, false)).toBeNull();
    expect(readSessionCookie('postern=', false)).toBeNull();
    expect(readSessionCookie(undefined, false)).toBeNull();
  });
});
