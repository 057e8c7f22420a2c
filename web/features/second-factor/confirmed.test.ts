import { expect, it } from 'vitest';
import type { Problem } from '../../../contracts/problem.ts';
import { ProblemError } from '../../lib/problem-error.ts';
import { confirmed, GivenUpError } from './confirmed.ts';

const refused = (name: Problem['name']) => new ProblemError({ statusCode: 403, name, message: '', fields: [] });

/** Refused until somebody has confirmed. */
function arrange(name: Problem['name'], answer: boolean) {
  const told: string[] = [];
  const act = async () => {
    told.push('act');
    if (told.includes('asked')) return 'done';
    throw refused(name);
  };
  const ask = async () => {
    told.push('asked');
    return answer;
  };
  return { told, run: () => confirmed(act, ask) };
}

it('asks who it is, then sends the change again', async () => {
  const { told, run } = arrange('confirmation_required', true);
  expect(await run()).toBe('done');
  expect(told).toEqual(['act', 'asked', 'act']);
});

it('changes nothing when the question is given up', async () => {
  const { told, run } = arrange('confirmation_required', false);
  await expect(run()).rejects.toThrow(GivenUpError);
  expect(told).toEqual(['act', 'asked']);
});

it('asks nothing for another refusal', async () => {
  const { told, run } = arrange('forbidden', true);
  await expect(run()).rejects.toThrow(ProblemError);
  expect(told).toEqual(['act']);
});
