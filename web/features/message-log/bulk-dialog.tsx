import { Button, Progress } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import classes from './bulk-bar.module.css';
import { type BulkAction, type BulkProgress, nothingDone, runBulk } from './bulk-run.ts';
import { changeFound, changePicked } from './bulk-steps.ts';
import { actionWords, countWords } from './bulk-words.ts';

export interface BulkTask {
  action: BulkAction;
  /** Null: all that the search finds. */
  ids: readonly string[] | null;
  /** The first few of those. */
  names: readonly string[];
  search: string;
  count: number;
  /** There are more than could be counted. */
  isMore: boolean;
  askedAt: Date;
}

type Stage = 'question' | 'running' | 'stopping' | 'stopped' | 'done' | 'failed';

/** Asks, naming what and how many; then shows how far it is, with a way to stop; then what came of it. */
export function BulkDialog({ task, onClose }: { task: BulkTask; onClose: (hasRun: boolean) => void }) {
  const { action, ids, names, search, count, isMore, askedAt } = task;
  const words = actionWords[action];
  const queryClient = useQueryClient();
  const [stage, setStage] = useState<Stage>('question');
  const [progress, setProgress] = useState<BulkProgress>(nothingDone);
  const [error, setError] = useState<Error | null>(null);
  const isStopped = useRef(false);

  const run = async () => {
    setStage('running');
    try {
      const steps = ids === null ? changeFound(action, search, askedAt) : changePicked(action, ids);
      await runBulk(steps, setProgress, () => isStopped.current);
      setStage(isStopped.current ? 'stopped' : 'done');
    } catch (failure) {
      setError(failure as Error);
      setStage('failed');
    }
    for (const key of ['messages', 'overview', 'sending']) void queryClient.invalidateQueries({ queryKey: [key] });
  };
  const stop = () => {
    isStopped.current = true;
    setStage('stopping');
  };

  if (stage === 'question') {
    return (
      <Dialog
        key="question"
        isOpen
        title={`${words.verb} ${countWords(count, isMore)}?`}
        onClose={() => onClose(false)}
      >
        {ids === null && (
          <p>
            {search === '' ? 'Every message in the log' : `Everything that “${search}” finds`}, without what comes in
            from now on.
          </p>
        )}
        {names.length > 0 && (
          <p>
            {names.join(', ')}
            {count > names.length && ` and ${(count - names.length).toLocaleString()} more`}.
          </p>
        )}
        <p>{words.meaning}</p>
        <p>What this does not fit stays as it is, and the reason is counted.</p>
        <DialogActions>
          <Button variant="default" data-autofocus onClick={() => onClose(false)}>
            No
          </Button>
          <Button color={words.isDestructive ? 'red' : 'teal'} onClick={() => void run()}>
            Yes
          </Button>
        </DialogActions>
      </Dialog>
    );
  }
  const seen = progress.changed + progress.unchanged;
  const isRunning = stage === 'running' || stage === 'stopping';
  const title = isRunning
    ? `${words.label}: ${seen.toLocaleString()} of ${isMore ? 'more than ' : ''}${count.toLocaleString()}`
    : ends[stage];
  return (
    // Each stage begins with the focus on its own button.
    <Dialog
      key={isRunning ? 'running' : 'end'}
      isOpen
      isSticky={isRunning}
      title={title}
      onClose={() => (isRunning ? stop() : onClose(true))}
    >
      {isRunning && (
        <Progress
          value={count === 0 ? 100 : Math.min(100, (seen / count) * 100)}
          aria-label={`${words.label}: how far`}
          animated={isMore}
        />
      )}
      <p role="status">
        {progress.changed.toLocaleString()} {words.done}
        {progress.unchanged > 0 && `, ${progress.unchanged.toLocaleString()} left as they were`}.
      </p>
      <ProblemNote error={error} title="It went no further" />
      {!isRunning && progress.reasons.length > 0 && (
        <ul className={classes.reasons} aria-label="Why some were left as they were">
          {progress.reasons.map(({ why, count: howMany }) => (
            <li key={why}>
              <b>{howMany.toLocaleString()}</b> <span>{why}</span>
            </li>
          ))}
        </ul>
      )}
      <DialogActions>
        {isRunning ? (
          <Button variant="default" data-autofocus disabled={stage === 'stopping'} onClick={stop}>
            Stop
          </Button>
        ) : (
          <Button data-autofocus onClick={() => onClose(true)}>
            Close
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}

const ends: Record<'stopped' | 'done' | 'failed', string> = {
  stopped: 'Stopped. What was done stays done.',
  done: 'Done',
  failed: 'It could not be finished',
};
