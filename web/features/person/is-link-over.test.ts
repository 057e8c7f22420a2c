import { expect, it } from 'vitest';
import type { Problem } from '../../../contracts/problem.ts';
import { ProblemError, UnreachableError } from '../../lib/problem-error.ts';
import { isLinkOver } from './is-link-over.ts';

const problem = (statusCode: number, name: Problem['name'], path?: string) =>
  new ProblemError({ statusCode, name, message: '', fields: path ? [{ path, code: '', message: '' }] : [] });

it.each([
  ['the link that was used', problem(403, 'forbidden'), true],
  ['a token that is cut', problem(422, 'validation_error', 'token'), true],
  ['a password that is refused', problem(422, 'validation_error', 'password'), false],
  ['too many tries', problem(429, 'rate_limit_exceeded'), false],
  ['no answer', new UnreachableError(), false],
  ['no failure', null, false],
])('%s', (_name, error, isOver) => {
  expect(isLinkOver(error)).toBe(isOver);
});
