/**
 * A logo as it is uploaded: PNG or JPEG by its own first bytes, and how large it is shown. Nothing else is taken: SVG may
 * hold scripts, and mail programs do not show it.
 */
import type { FieldProblem } from '../../contracts/problem.ts';

export interface Picture {
  contentType: 'image/png' | 'image/jpeg';
  width: number;
  height: number;
}

const mostPoints = 2000;

export const readPicture = (bytes: Buffer): { ok: true; picture: Picture } | { ok: false; problem: FieldProblem } => {
  const picture = readPng(bytes) ?? readJpeg(bytes);
  if (!picture) return refuse('invalid', 'Give a PNG or a JPEG. SVG and others are not shown by mail programs.');
  if (Math.min(picture.width, picture.height) < 1 || Math.max(picture.width, picture.height) > mostPoints) {
    return refuse('too_large', `Give a picture of at most ${mostPoints} × ${mostPoints} points.`);
  }
  return { ok: true, picture };
};

const refuse = (code: string, message: string) => ({ ok: false as const, problem: { path: 'content', code, message } });

/** The first chunk is the head, the last one the end (PNG 3rd edition, §5). */
function readPng(bytes: Buffer): Picture | null {
  if (bytes.length < 45 || bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return null;
  if (
    bytes.toString('latin1', 12, 16) !== 'IHDR' ||
    bytes.toString('latin1', bytes.length - 8, bytes.length - 4) !== 'IEND'
  )
    return null;
  return { contentType: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** Segment by segment to the frame header (ITU T.81 §B.2.2). */
function readJpeg(bytes: Buffer): Picture | null {
  if (bytes.length < 20 || bytes.readUInt16BE(0) !== 0xffd8 || !bytes.includes(Buffer.from([0xff, 0xd9]))) return null;
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      return { contentType: 'image/jpeg', width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    }
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
}
