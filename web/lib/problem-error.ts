import type { Problem } from '../../contracts/problem.ts';

/** The server refused: carries the contract's problem. `message` is a sentence for people. */
export class ProblemError extends Error {
  readonly problem: Problem;
  /** From `retry-after`, with 429 and 503; null when the server gave none. */
  readonly retryAfterSeconds: number | null;

  constructor(problem: Problem, retryAfterSeconds: number | null = null) {
    super(problem.message);
    this.name = 'ProblemError';
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** The sentence that belongs to a field, or undefined. */
  fieldMessage(path: string): string | undefined {
    return this.problem.fields.find((field) => field.path === path)?.message;
  }
}

/** No answer at all: Postern is stopped, restarting, or the network is down. */
export class UnreachableError extends Error {
  constructor() {
    super('Postern does not answer. It may be restarting, or the network between you and it is down. Try again.');
    this.name = 'UnreachableError';
  }
}

/** Problem from a refused reply; what is not a contract problem (a proxy's error page) becomes one. */
export async function problemFrom(response: Response): Promise<ProblemError> {
  const retryAfter = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  const seconds = Number.isNaN(retryAfter) ? null : retryAfter;
  const body: unknown = await response.json().catch(() => null);
  if (isProblem(body)) return new ProblemError({ ...body, fields: body.fields ?? [] }, seconds);
  return new ProblemError(
    {
      statusCode: response.status,
      name: 'internal_server_error',
      message: `The answer was ${response.status} ${response.statusText}, and not from Postern itself. Look at the proxy in front of it, or at Postern’s log.`,
      fields: [],
    },
    seconds,
  );
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'name' in body && 'message' in body && 'statusCode' in body;
}
