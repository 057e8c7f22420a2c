/** The order in which the server lists names, so that a row stands where it will stand when the list is read again. */

const fold = (name: string) => name.normalize('NFKC').toLowerCase().trim();

/** Folded, then by code points, as both databases compare text; negative when `a` stands first. */
export function compareNames(a: string, b: string): number {
  const [one, other] = [fold(a), fold(b)];
  const [points, others] = [Array.from(one), Array.from(other)];
  for (const [index, point] of points.entries()) {
    const against = others[index];
    if (against === undefined) return 1;
    const difference = (point.codePointAt(0) ?? 0) - (against.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return points.length - others.length;
}
