import { ProblemError } from '../../lib/problem-error.ts';

/** The server knows no such link: used, replaced, too old, or not whole. Any other failure may pass. */
export function isLinkOver(error: Error | null): error is ProblemError {
  if (!(error instanceof ProblemError)) return false;
  return error.problem.statusCode === 403 || error.fieldMessage('token') !== undefined;
}
