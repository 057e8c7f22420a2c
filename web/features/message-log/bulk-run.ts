/** An action on many messages, step by step, so that it can be watched and stopped; what is done stays done. */
import type { bulkActions } from '../../../contracts/message.ts';

export type BulkAction = (typeof bulkActions)[number];

export interface BulkStep {
  changed: number;
  unchanged: number;
  reasons: readonly { why: string; count: number }[];
}

export interface BulkProgress {
  changed: number;
  unchanged: number;
  /** Most frequent first. */
  reasons: { why: string; count: number }[];
}

export const nothingDone: BulkProgress = { changed: 0, unchanged: 0, reasons: [] };

function addStep(progress: BulkProgress, step: BulkStep): BulkProgress {
  const counts = new Map(progress.reasons.map(({ why, count }) => [why, count]));
  for (const { why, count } of step.reasons) counts.set(why, (counts.get(why) ?? 0) + count);
  return {
    changed: progress.changed + step.changed,
    unchanged: progress.unchanged + step.unchanged,
    reasons: Array.from(counts, ([why, count]) => ({ why, count })).sort((a, b) => b.count - a.count),
  };
}

/**
 * Takes steps until there are no more, or until `isStopped` says so between two of them.
 * @param steps each yields what it changed; throws where the server refuses it
 */
export async function runBulk(
  steps: AsyncIterable<BulkStep>,
  onProgress: (progress: BulkProgress) => void,
  isStopped: () => boolean,
): Promise<void> {
  let progress = nothingDone;
  for await (const step of steps) {
    progress = addStep(progress, step);
    onProgress(progress);
    if (isStopped()) return;
  }
}
