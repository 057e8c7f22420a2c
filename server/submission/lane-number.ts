/** Lanes as the database sorts them: the lowest first. The writer's thread loads this, and no schemas with it. */
import type { Lane } from '../../contracts/submission.ts';

export const laneNumbers: Readonly<Record<Lane, number>> = { urgent: 0, normal: 1, bulk: 2 };

const byNumber: readonly Lane[] = ['urgent', 'normal', 'bulk'];

export const toLane = (number: number): Lane => byNumber[number] ?? 'normal';
