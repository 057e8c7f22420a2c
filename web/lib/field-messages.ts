import { ProblemError } from './problem-error.ts';

interface FieldMessages {
  /** The sentence of a field, or of the first of what lies beneath it (`contacts.0`: `contacts.0.address`); null: none. */
  of: (path: string) => string | null;
  /** What has no place at one of the fields; null: nothing, or every problem has one. */
  general: Error | null;
}

/** A refusal, shared out among the fields of a form. @param shown the paths that have a place on the form */
export function fieldMessages(error: Error | null, shown: readonly string[]): FieldMessages {
  const fields = error instanceof ProblemError ? error.problem.fields : [];
  const belongs = (path: string, to: string) => path === to || path.startsWith(`${to}.`);
  const others = fields.filter(({ path }) => !shown.some((each) => belongs(path, each)));
  // The sentence of a field says more than that of the whole.
  const general =
    fields.length === 0 ? error : others[0] ? new Error(others.map(({ message }) => message).join(' ')) : null;
  return { of: (path) => fields.find((field) => belongs(field.path, path))?.message ?? null, general };
}
