/** One measured figure, and what is promised of it. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** What a peer took for the same work in the same run, and how many times ours that is; empty where there is none. */
  beside: string;
  /** In words; empty for a figure that only informs. */
  promise: string;
  isKept: boolean;
}

/** @param limit null: the figure only informs. */
export const atMost = (what: string, value: number, unit: string, limit: number | null): Figure => ({
  what,
  value,
  unit,
  beside: '',
  promise: limit === null ? '' : `≤ ${limit} ${unit}`,
  isKept: limit === null || value <= limit,
});

export interface PeerRow {
  name: string;
  value: number;
  unit: string;
  peer?: number;
  ratio?: number;
  promise?: string;
  ok: boolean;
}

export const fromPeerRow = ({ name, value, unit, peer, ratio, promise = '', ok }: PeerRow): Figure => ({
  what: name,
  value,
  unit,
  beside: peer === undefined ? '' : `${format(peer)} ${unit}${ratio === undefined ? '' : `, ${ratio.toFixed(1)}×`}`,
  promise,
  isKept: ok,
});

export interface LimitedFigure {
  what: string;
  value: number;
  unit: string;
  /** What is promised, at most; null for a figure that only informs. */
  limit: number | null;
  /** The promise is at least `limit`. */
  isLeast?: boolean;
}

export const fromLimited = ({ what, value, unit, limit, isLeast = false }: LimitedFigure): Figure => ({
  what,
  value,
  unit,
  beside: '',
  promise: limit === null ? '' : `${isLeast ? '≥' : '≤'} ${limit} ${unit}`,
  isKept: limit === null || (isLeast ? value >= limit : value <= limit),
});

export const format = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

/** The value below which this share of them lies. @param share 0 to 1 */
export function findQuantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
