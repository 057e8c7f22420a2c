/**
 * Takes secrets out of what a server says: some repeat what they were sent, raw or in base64, in an error text.
 * Works on whole text, whatever the case; base64 is recognised at each of its three alignments, because a password may
 * stand anywhere inside the encoded string.
 */
import { Buffer } from 'node:buffer';
import type { Reply } from './outcome.ts';
import { escapeUnsafe } from './safe-text.ts';

export const masked = '********';

export type Mask = (text: string) => string;
export const maskNothing: Mask = (text) => text;

/** The secret and the forms it may come back in. Pass every encoded line that was sent, too. */
export function createMask(secrets: Iterable<string>): Mask {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret === '') continue;
    for (const form of [secret, escapeUnsafe(secret), ...toBase64Forms(secret)]) forms.add(form);
  }
  if (forms.size === 0) return maskNothing;
  const pattern = new RegExp(
    [...forms]
      .sort((a, b) => b.length - a.length)
      .map(toPattern)
      .join('|'),
    'gi',
  );
  return (text) => text.replace(pattern, masked);
}

export function maskReply(reply: Reply, mask: Mask): Reply {
  return mask === maskNothing ? reply : { ...reply, lines: reply.lines.map(mask) };
}

/** A very short secret is masked only where it stands alone; else half of every sentence would vanish. */
function toPattern(form: string): string {
  const literal = form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return form.length < 4 ? `(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])` : literal;
}

/** What of the base64 text depends on the secret alone, with 0, 1 or 2 unknown bytes before it. */
function toBase64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const forms = [bytes.toString('base64')];
  for (const before of [0, 1, 2]) {
    const firstOwn = Math.ceil((before * 8) / 6);
    const lastOwn = Math.floor(((before + bytes.length) * 8) / 6);
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(firstOwn, lastOwn);
    if (text.length >= 4) forms.push(text);
  }
  return forms;
}
