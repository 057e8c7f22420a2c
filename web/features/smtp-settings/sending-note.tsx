import type { SendingState } from '../../../contracts/sending.ts';
import { stateOfServer, useSending, useSteering } from '../../lib/sending.ts';
import { Note } from '../../ui/note.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { ReasonButton } from '../../ui/reason-button.tsx';
import { ClockTime, Countdown } from '../../ui/time-ago.tsx';

/** Above the form: what stops mail from going by these settings, and how to go on. */
export function SendingNote({ id }: { id: string }) {
  const sending = useSending();
  const { steer, isBusy, whyNot } = useSteering(notifyProblem);
  const state = stateOfServer(sending, id);
  if (state === null) return null;
  if (state.kind === 'paused') {
    return (
      <Note
        kind="waiting"
        title="Paused"
        action={
          <ReasonButton disabledReason={whyNot} isLoading={isBusy} onClick={() => steer({ act: 'resume', id })}>
            Resume
          </ReasonButton>
        }
      >
        Nothing goes by these settings until somebody resumes. {waitWords(waitingOf(sending, id))}
      </Note>
    );
  }
  const { alert } = state;
  return (
    <Note
      kind="failed"
      isQuiet
      title={alert.state === 'blocked' ? 'The server does not take mail' : 'The server cannot be reached'}
      action={
        <ReasonButton
          disabledReason={whyNot}
          isLoading={isBusy}
          onClick={() => {
            notifyDone('The server is tried now.');
            steer({ act: 'probe', id });
          }}
        >
          Try now
        </ReasonButton>
      }
    >
      {alert.reason} Since <ClockTime at={alert.since} />. {waitWords(alert.waiting)}{' '}
      {alert.next_probe_at === null ? (
        'It is tried again when these settings change.'
      ) : (
        <>
          It is tried again <Countdown to={alert.next_probe_at} />, and when these settings change.
        </>
      )}
    </Note>
  );
}

/** The switch beside the title of the form. */
export function PauseSettings({ id }: { id: string }) {
  const sending = useSending();
  const { steer, isBusy, whyNot } = useSteering(notifyProblem);
  if (sending === undefined || stateOfServer(sending, id)?.kind === 'paused') return null;
  return (
    <ReasonButton disabledReason={whyNot} isLoading={isBusy} onClick={() => steer({ act: 'pause', id })}>
      Pause sending
    </ReasonButton>
  );
}

const waitingOf = (sending: SendingState | undefined, id: string): number =>
  sending?.paused_settings.find((each) => each.id === id)?.waiting ?? 0;

const waitWords = (count: number): string =>
  count === 0
    ? 'No mail waits for it.'
    : count === 1
      ? '1 message waits and leaves by itself then.'
      : `${count.toLocaleString()} messages wait and leave by themselves then.`;
