import { useQuery } from '@tanstack/react-query';
import type { Message } from '../../../contracts/message.ts';
import { overviewQuery } from '../../lib/overview.ts';
import { useSending, useSteering } from '../../lib/sending.ts';
import { Note } from '../../ui/note.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { ReasonButton } from '../../ui/reason-button.tsx';
import { ServerWords } from '../../ui/server-words.tsx';
import { ClockTime, Countdown } from '../../ui/time-ago.tsx';
import { type Situation as Described, describeSituation } from './describe-situation.ts';
import { MessageButtons } from './message-buttons.tsx';
import { SettingsLink } from './settings-link.tsx';
import classes from './situation.module.css';
import { hasWaiting } from './state-words.ts';

/** The head of a message's page: what is the matter, why, what comes next, and what can be done about it. */
export function Situation({ message }: { message: Message }) {
  const sending = useSending();
  // A message that names no settings goes by the default ones.
  const isByDefault = message.smtp_settings === null && hasWaiting(message);
  const overview = useQuery({ ...overviewQuery, enabled: isByDefault }).data;
  const byDefault = overview?.settings.find(({ isDefault }) => isDefault) ?? null;
  const situation = describeSituation(message, sending, byDefault, new Date());
  return (
    <div className={classes.situation}>
      <Note kind={situation.kind} title={situation.title} isQuiet>
        {situation.says.map((words) => (
          <p key={words}>{words}</p>
        ))}
        {situation.reply !== '' && <ServerWords>{situation.reply}</ServerWords>}
        <Next message={message} situation={situation} />
        <div className={classes.buttons}>
          {situation.parked !== null && <ServerButtons {...situation.parked} />}
          <MessageButtons message={message} isParked={situation.parked !== null || situation.isPaused} />
        </div>
      </Note>
    </div>
  );
}

/** When it goes on by itself, and how long that is tried. */
function Next({ message, situation }: { message: Message; situation: Described }) {
  const { next_attempt_at: next, expires_at: expires, attempt_count: attempts, scheduled_at: scheduled } = message;
  if (!hasWaiting(message) || situation.isPaused) return null;
  const until = (
    <>
      until <ClockTime at={expires} />
    </>
  );
  if (situation.parked !== null) {
    const { nextProbeAt } = situation.parked;
    return (
      <p className={classes.next}>
        {nextProbeAt === null ? (
          'The server is tried again when its settings change, or when you ask for it. '
        ) : (
          <>
            The server is tried again <Countdown to={nextProbeAt} />.{' '}
          </>
        )}
        The message waits {until}.
      </p>
    );
  }
  if (next === null) return null;
  const isScheduled = attempts === 0 && scheduled !== null && new Date(scheduled) > new Date();
  return (
    <p className={classes.next}>
      {isScheduled ? 'Goes out at' : attempts === 0 ? 'First attempt:' : 'Next attempt at'}{' '}
      {isScheduled || attempts > 0 ? (
        <>
          <ClockTime at={next} />, <Countdown to={next} />.
        </>
      ) : (
        <>
          <Countdown to={next} />.
        </>
      )}{' '}
      {attempts > 0 && <>If that fails too, others follow, at most 4 h apart, {until}.</>}
    </p>
  );
}

/** The cure lies with the server: its settings, or asking it once more. */
function ServerButtons({ id, name }: { id: string; name: string }) {
  const { steer, isBusy, whyNot } = useSteering(notifyProblem);
  return (
    <>
      <SettingsLink id={id} name={name} />
      <ReasonButton
        disabledReason={whyNot}
        isLoading={isBusy}
        onClick={() => {
          notifyDone(`“${name}” is tried now.`);
          steer({ act: 'probe', id });
        }}
      >
        Try the server now
      </ReasonButton>
    </>
  );
}
