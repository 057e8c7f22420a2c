/** Every refusal of the HTTP API has this one shape. */
import { z } from 'zod';

export const FieldProblem = z.object({
  /** The field, dotted for nested ones: `port`, `recipients.0`. */
  path: z.string(),
  /** A stable word a program can switch on: `required`, `taken`, `too_long`, `password_required`, … */
  code: z.string(),
  /** One sentence that names the repair. */
  message: z.string(),
});
export type FieldProblem = z.infer<typeof FieldProblem>;

export const problemNames = [
  'validation_error', // 422 (400 for a body that is not JSON)
  'missing_api_key', // 401, neither signed in nor a key
  'invalid_api_key', // 401
  'restricted_api_key', // 403, the key lacks the scope
  'invalid_credentials', // 401, sign-in refused
  'forbidden', // 403, the role does not allow it, or a cross-site request
  'confirmation_required', // 403, confirm with the password or a passkey first
  'second_factor_required', // 403, the policy asks for one: set it up, then all is open
  'not_found', // 404
  'method_not_allowed', // 405
  'conflict', // 409, a name that is taken, or settings managed by a file
  'version_conflict', // 412, somebody else saved first; `current` has their version
  'payload_too_large', // 413
  'unsupported_media_type', // 415
  'misdirected_request', // 421, an unknown Host header
  'rate_limit_exceeded', // 429, with retry-after
  'unavailable', // 503 with retry-after, nothing can be stored at the moment; nothing was done
  'sending_closed', // 503, the key that unlocks server passwords is missing
  'internal_server_error', // 500
] as const;
export type ProblemName = (typeof problemNames)[number];

export const Problem = z.object({
  statusCode: z.number().int(),
  name: z.enum(problemNames),
  message: z.string(),
  fields: z.array(FieldProblem),
  /** With `version_conflict`: the resource as it is now. */
  current: z.unknown().optional(),
});
export type Problem = z.infer<typeof Problem>;
