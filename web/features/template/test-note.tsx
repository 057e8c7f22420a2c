import { Link } from '@tanstack/react-router';
import { ProblemError } from '../../lib/call.ts';
import { Note } from '../../ui/note.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';

interface TestNoteProps {
  sent: { id: string; to: string } | undefined;
  error: Error | null;
}

/** Where the test message went, with the way to what became of it. */
export function TestNote({ sent, error }: TestNoteProps) {
  if (error instanceof ProblemError && error.problem.fields.length > 1)
    return (
      <Note kind="failed" title="No test was sent">
        <ul>
          {error.problem.fields.map(({ path, message }) => (
            <li key={path}>{message}</li>
          ))}
        </ul>
      </Note>
    );
  if (error) return <ProblemNote error={error} title="No test was sent" />;
  if (!sent) return null;
  return (
    <Note kind="sent" title={`A test for ${sent.to} is on its way.`}>
      <Link to="/messages/$id" params={{ id: sent.id }}>
        Follow it in the log
      </Link>
    </Note>
  );
}
