import { ProblemError } from '../../lib/problem-error.ts';
import { askWhoYouAre } from './asked.ts';

/** Given up at the question of who one is: no failure. */
export class GivenUpError extends Error {}

/** Carries out what the server may want confirmed first: asks who it is then, and sends it again. @throws GivenUpError */
export async function confirmed<T>(act: () => Promise<T>, ask: () => Promise<boolean> = askWhoYouAre): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problem.name !== 'confirmation_required') throw error;
    if (!(await ask())) throw new GivenUpError();
    return act();
  }
}
