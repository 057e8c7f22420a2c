import type { ReactNode } from 'react';
import { Note } from '../../ui/note.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { isLinkOver } from './is-link-over.ts';

interface LinkProblemProps {
  /** Of the request that checked or used the link; nothing is drawn for null. */
  error: Error | null;
  /** What can be done instead of a link that is over. */
  action?: ReactNode;
  onRetry?: () => void;
}

/** Why a mailed link does nothing. */
export function LinkProblem({ error, action, onRetry }: LinkProblemProps) {
  if (isLinkOver(error)) {
    return (
      <Note kind="failed" title="This link does not work any more" {...(action === undefined ? {} : { action })}>
        {error.fieldMessage('token') ?? error.message}
      </Note>
    );
  }
  return <ProblemNote error={error} title="The link could not be checked" {...(onRetry ? { onRetry } : {})} />;
}
