/**
 * What of an error goes into the log, and how text does: names and places, never the data it happened with. Databases tell
 * of a refused row by repeating it ("Failing row contains …"), with whatever sealed or private value it held.
 */

export interface LoggedError {
  type: string;
  message: string;
  stack?: string;
  cause?: LoggedError;
  [detail: string]: unknown;
}

/** An allow-list: of Node (code, errno, syscall), of PostgreSQL the names of what was in the way. */
const told = ['code', 'errno', 'syscall', 'statusCode', 'severity', 'schema', 'table', 'column', 'constraint'] as const;
const mostCauses = 5;

/** @param depth how many causes lie above it. */
export const describeError = (error: unknown, depth = 0): LoggedError | unknown => {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : `not an error: ${typeof error}`;
  const details = Object.fromEntries(
    told.flatMap((name) => {
      const value = (error as unknown as Record<string, unknown>)[name];
      return typeof value === 'string' || typeof value === 'number' ? [[name, value]] : [];
    }),
  );
  return {
    type: error.name,
    message: error.message,
    ...(error.stack !== undefined && { stack: error.stack }),
    ...details,
    ...(error.cause instanceof Error && depth < mostCauses && { cause: describeError(error.cause, depth + 1) }),
  };
};

/** So that nobody writes lines of their own or moves the cursor of whoever reads. Line ends of a stack stay. */
export const escapeControls = (text: string, keepsLines = false): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) =>
    keepsLines && character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
