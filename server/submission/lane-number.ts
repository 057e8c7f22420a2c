/** Lanes as the database sorts them: the lowest first. */
import { type Lane, lanes } from '../../contracts/submission.ts';

export const laneNumbers: Readonly<Record<Lane, number>> = { urgent: 0, normal: 1, bulk: 2 };

export const toLane = (number: number): Lane => lanes.find((lane) => laneNumbers[lane] === number) ?? 'normal';
