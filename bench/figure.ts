export interface Figure {
  what: string;
  value: number;
  unit: 'ms' | 's' | 'KB' | 'MB';
  /** What is promised; null for a figure that only informs. */
  limit: number | null;
}

/** The value below which this share of them lies. @param share 0 to 1 */
export function findQuantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
