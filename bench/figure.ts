export interface Figure {
  what: string;
  value: number;
  unit: 'ms' | 's' | 'KB' | 'MB' | '/s' | '×';
  /** What is promised, at most; null for a figure that only informs. */
  limit: number | null;
  /** The promise is at least `limit`. */
  isLeast?: boolean;
}

export const isKept = ({ value, limit, isLeast = false }: Figure): boolean =>
  limit === null || (isLeast ? value >= limit : value <= limit);

/** The value below which this share of them lies. @param share 0 to 1 */
export function findQuantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
