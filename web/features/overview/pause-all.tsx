import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useSending, useSteering } from '../../lib/sending.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { notifyProblem } from '../../ui/notify.ts';
import { ReasonButton } from '../../ui/reason-button.tsx';

/** The one switch for everything; asks before it stops all mail. */
export function PauseAll() {
  const sending = useSending();
  const { steer, isBusy, whyNot } = useSteering(notifyProblem);
  if (sending === undefined) return null;
  const isPaused = sending.is_paused;
  const ask = async () => {
    const body = (
      <p>
        Mail is accepted and waits; nothing leaves, urgent mail neither, until somebody resumes. What is on its way at
        this moment is finished.
      </p>
    );
    if (await askYesNo({ title: 'Pause all sending?', children: body })) steer({ act: 'pause', id: null });
  };
  const Icon = isPaused ? IconPlayerPlay : IconPlayerPause;
  return (
    <ReasonButton
      disabledReason={whyNot}
      isLoading={isBusy}
      leftSection={<Icon size={14} aria-hidden />}
      onClick={() => (isPaused ? steer({ act: 'resume', id: null }) : void ask())}
    >
      {isPaused ? 'Resume all sending' : 'Pause all sending'}
    </ReasonButton>
  );
}
