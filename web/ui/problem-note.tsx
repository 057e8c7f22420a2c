import { Button } from '@mantine/core';
import { Note } from './note.tsx';

interface ProblemNoteProps {
  /** Whatever was thrown; nothing is drawn for null. */
  error: Error | null;
  /** What could not be done: `The list could not be loaded`. */
  title?: string;
  onRetry?: () => void;
}

/** A refusal or a failure in its place on the page, with the server's sentence and a way to try again. */
export function ProblemNote({ error, title, onRetry }: ProblemNoteProps) {
  if (error === null) return null;
  return (
    <Note
      kind="failed"
      {...(title === undefined ? {} : { title })}
      {...(onRetry === undefined
        ? {}
        : {
            action: (
              <Button size="xs" variant="default" onClick={onRetry}>
                Try again
              </Button>
            ),
          })}
    >
      {error.message}
    </Note>
  );
}
