/** One outline of a TrueType font (OpenType 1.9.1, glyf): points as they are, no flags repeated. */

export interface Point {
  x: number;
  y: number;
  isOnCurve: boolean;
}

/** @param ends the last point of each contour. */
export const writeGlyph = (points: readonly Point[], ends: readonly number[]): Buffer => {
  if (points.length === 0) return Buffer.alloc(0);
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [dx, dy] = [toSteps(xs), toSteps(ys)];
  const flags = points.map(
    ({ isOnCurve }, at) => (isOnCurve ? 1 : 0) | flagOf(dx[at]!, 2, 16) | flagOf(dy[at]!, 4, 32),
  );
  const head = [ends.length, Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), ...ends, 0];
  const bytes = Buffer.alloc(head.length * 2 + points.length * 5 + 3);
  let at = 0;
  for (const word of head) at = bytes.writeInt16BE(word, at);
  for (const flag of flags) at = bytes.writeUInt8(flag, at);
  for (const steps of [dx, dy]) {
    for (const step of steps) {
      if (step === 0) continue;
      at = Math.abs(step) < 256 ? bytes.writeUInt8(Math.abs(step), at) : bytes.writeInt16BE(step, at);
    }
  }
  // Glyphs begin at even places.
  return bytes.subarray(0, (at + 3) & ~3);
};

const toSteps = (all: readonly number[]) => all.map((value, at) => value - (all[at - 1] ?? 0));

/** A step of nothing takes no room; a short one a byte, with its sign in the flags. */
function flagOf(step: number, isShort: number, isSameOrPositive: number): number {
  if (step === 0) return isSameOrPositive;
  if (Math.abs(step) >= 256) return 0;
  return isShort | (step > 0 ? isSameOrPositive : 0);
}
