import { QueryClient } from '@tanstack/react-query';
import { ProblemError } from './problem-error.ts';

/** A refusal is an answer and is not asked for again; a server that is away is. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (count, error) =>
          count < 2 &&
          !(error instanceof ProblemError && error.problem.statusCode < 500 && error.problem.statusCode > 0),
      },
      mutations: { retry: false },
    },
  });
}
