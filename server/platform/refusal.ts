/** An expected "no" to an HTTP caller. Everything else that is thrown in a handler is a bug and answers 500. */
import type { FieldProblem, Problem, ProblemName } from '../../contracts/problem.ts';

const statusOf: Record<ProblemName, number> = {
  validation_error: 422,
  missing_api_key: 401,
  invalid_api_key: 401,
  restricted_api_key: 403,
  invalid_credentials: 401,
  forbidden: 403,
  confirmation_required: 403,
  second_factor_required: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  version_conflict: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  misdirected_request: 421,
  rate_limit_exceeded: 429,
  sending_closed: 503,
  unavailable: 503,
  internal_server_error: 500,
};

export interface RefusalDetails {
  fields?: FieldProblem[];
  /** With `version_conflict`: the resource as it is now. */
  current?: unknown;
  statusCode?: number;
  headers?: Record<string, string>;
}

export class Refusal extends Error {
  readonly problem: Problem;
  readonly headers: Record<string, string>;

  constructor(name: ProblemName, message: string, details: RefusalDetails = {}) {
    super(message);
    this.name = 'Refusal';
    this.problem = { statusCode: details.statusCode ?? statusOf[name], name, message, fields: details.fields ?? [] };
    if (details.current !== undefined) this.problem.current = details.current;
    this.headers = details.headers ?? {};
  }
}

/** A 422 about one field. */
export const refuseField = (path: string, code: string, message: string): Refusal =>
  new Refusal('validation_error', message, { fields: [{ path, code, message }] });

/** Its characters would be replaced, and nobody would notice before the mail has arrived. */
export const refuseOtherEncoding = (what: 'body' | 'line'): Refusal =>
  new Refusal('validation_error', `The ${what} is not UTF-8. Encode its text as UTF-8.`, { statusCode: 400 });
