import type { ReplyOf } from '../../../contracts/endpoint.ts';
import type { readSandbox } from '../../../contracts/sandbox.ts';
import { Note } from '../../ui/note.tsx';
import { StatusWord } from '../../ui/status-word.tsx';

/** Where the sandbox listens; when it does not, why. */
export function ListenState({ sandbox }: { sandbox: ReplyOf<typeof readSandbox> }) {
  if (!sandbox.isListening) {
    return (
      <Note kind="waiting" title="The sandbox does not listen">
        {sandbox.problem}
      </Note>
    );
  }
  return (
    <p>
      <StatusWord kind="on">listening</StatusWord> on{' '}
      <span className="postern-words">
        {sandbox.host}:{sandbox.port}
      </span>
    </p>
  );
}
