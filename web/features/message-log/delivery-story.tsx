import { Fragment, useState } from 'react';
import type { z } from 'zod';
import type { Message, MessageAttempt } from '../../../contracts/message.ts';
import { FoldButton } from '../../ui/fold-button.tsx';
import { kindOf } from '../../ui/mail-state.tsx';
import { Note } from '../../ui/note.tsx';
import { ServerWords } from '../../ui/server-words.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Countdown, TimeAgo } from '../../ui/time-ago.tsx';
import { firstSentence } from '../../ui/time-words.ts';
import { TranscriptView } from '../../ui/transcript-view.tsx';
import classes from './delivery-story.module.css';
import { retryWords } from './retry-words.ts';
import { hasWaiting, stateMeaning } from './state-words.ts';

type Attempt = z.infer<typeof MessageAttempt>;

/** Where the message is for each recipient, and every attempt in order, with what the server said. */
export function DeliveryStory({ message }: { message: Message }) {
  const { recipients, attempts, is_secret: isSecret } = message;
  return (
    <div className={classes.story}>
      {isSecret && (
        <Note kind="plain" title="Secret mail">
          What it says, its source and its transcripts are shown to nobody.
        </Note>
      )}
      {recipients.length > 1 && <Recipients recipients={recipients} />}
      <section aria-label="What happened">
        <h3>What happened</h3>
        <ol className={classes.timeline}>
          <Moment kind="none" title="Accepted" at={message.created_at} />
          <Attempts attempts={attempts} />
          <Cancelled recipients={recipients} />
          <Outlook message={message} />
        </ol>
      </section>
    </div>
  );
}

const [firstShown, lastShown] = [3, 7];

/** A server that is away for days is tried hundreds of times: how it began and where it stands tell the story. */
function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  const [isWhole, setWhole] = useState(false);
  const between = attempts.slice(firstShown, -lastShown);
  const show = (some: readonly Attempt[]) =>
    some.map((attempt) => (
      <Fragment key={attempt.id}>
        <Repeats attempt={attempt} />
        <AttemptMoment attempt={attempt} />
      </Fragment>
    ));
  if (isWhole || between.length <= 1) return show(attempts);
  const hidden = between.reduce((sum, { repeats }) => sum + 1 + repeats, 0);
  return (
    <>
      {show(attempts.slice(0, firstShown))}
      <li className={classes.moment} data-kind="none">
        <FoldButton onClick={() => setWhole(true)}>Show the {hidden.toLocaleString()} attempts between</FoldButton>
      </li>
      {show(attempts.slice(-lastShown))}
    </>
  );
}

/** They came to the same as the attempts around them, and were not kept one by one. */
function Repeats({ attempt: { repeats } }: { attempt: Attempt }) {
  if (repeats === 0) return null;
  const which = repeats === 1 ? '1 attempt came' : `${repeats.toLocaleString()} attempts came`;
  return (
    <li className={classes.moment} data-kind="none">
      {which} to the same as the one before.
    </li>
  );
}

/** With one recipient the head of the page has said it all. */
function Recipients({ recipients }: Pick<Message, 'recipients'>) {
  return (
    <section aria-label="Recipients">
      <h3>{recipients.length} recipients</h3>
      <ul className={classes.recipients}>
        {recipients.map((recipient, position) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: recipients are fixed when a message is accepted
          <li key={position}>
            <span className={classes.who}>
              {recipient.address}
              {recipient.kind !== 'to' && <span className={classes.kind}> {kindWords[recipient.kind]}</span>}
            </span>
            <StatusWord kind={kindOf(recipient.state)}>{recipient.state}</StatusWord>
            <p className={classes.why}>{recipient.explanation || stateMeaning[recipient.state]}</p>
            {recipient.reply !== '' && <ServerWords>{recipient.reply}</ServerWords>}
          </li>
        ))}
      </ul>
    </section>
  );
}

const kindWords = { to: '', cc: 'Cc', bcc: 'Bcc' };

function AttemptMoment({ attempt }: { attempt: Attempt }) {
  const { number, outcome, started_at: startedAt, ended_at: endedAt, smtp_settings: settings } = attempt;
  const took = endedAt === null ? null : new Date(endedAt).getTime() - new Date(startedAt).getTime();
  const facts = [`by ${settings.name}`, took === null ? '' : tookWords(took), phaseWords(attempt)];
  return (
    <Moment kind={kindOf(outcome)} title={`Attempt ${number}`} word={outcomeWords(attempt)} at={startedAt}>
      <p className={classes.facts}>{facts.filter(Boolean).join(' · ')}</p>
      {attempt.explanation !== '' && <p>{firstSentence(attempt.explanation)}</p>}
      {attempt.reply !== '' && !isMixed(attempt) && <ServerWords>{attempt.reply}</ServerWords>}
      <TranscriptView transcript={attempt.transcript} />
    </Moment>
  );
}

/** It ended otherwise for some recipients than for others: what the server said to each stands with each. */
const isMixed = ({ outcome_counts: counts }: Attempt): boolean => counts.length > 1;

const outcomeWords = (attempt: Attempt): string =>
  isMixed(attempt)
    ? attempt.outcome_counts.map(({ state, count }) => `${count} ${state}`).join(', ')
    : (endWords[attempt.outcome] ?? attempt.outcome);

/** An attempt is not queued; the message is, again. */
const endWords: Partial<Record<Attempt['outcome'], string>> = { queued: 'interrupted' };

const tookWords = (milliseconds: number) =>
  milliseconds < 100 ? 'under 0.1 s' : `${(milliseconds / 1000).toFixed(1)} s`;

/** How far it came, where it did not come to its end. */
const phaseWords = ({ outcome, phase, reply }: Attempt): string =>
  outcome === 'sent' || outcome === 'sending' || (phase === 'dot' && reply.startsWith('2'))
    ? ''
    : (phases[phase] ?? '');

const phases: Record<string, string> = {
  dns: 'while its name was looked up',
  connect: 'while connecting',
  greeting: 'at the greeting',
  ehlo: 'at the greeting',
  starttls: 'while encrypting',
  tls: 'while encrypting',
  auth: 'while signing in',
  mail: 'at the sender',
  rcpt: 'at the recipients',
  data: 'before the content',
  body: 'while the content went over',
  dot: 'after the content was complete',
};

/** By whom is said at the head of the page, or with each recipient. */
function Cancelled({ recipients }: Pick<Message, 'recipients'>) {
  const cancelled = recipients.find(({ state }) => state === 'cancelled');
  return cancelled === undefined ? null : <Moment kind="none" title="Cancelled" at={cancelled.updated_at} />;
}

/** What comes next, and until when. */
function Outlook({ message }: { message: Message }) {
  const { next_attempt_at: next, expires_at: expires } = message;
  if (!hasWaiting(message)) return null;
  return (
    <>
      {next !== null && new Date(next) > new Date() && <Moment kind="none" title="Next attempt" at={next} isAhead />}
      <Moment kind="none" title="Given up if not sent by then" at={expires} isAhead>
        <p className={classes.facts}>
          Refused for now, it is tried again {retryWords()}, each a little sooner or later.
        </p>
      </Moment>
    </>
  );
}

interface MomentProps {
  kind: ReturnType<typeof kindOf>;
  title: string;
  word?: string;
  at: string | null;
  /** It is to come. */
  isAhead?: boolean;
  children?: React.ReactNode;
}

function Moment({ kind, title, word, at, isAhead = false, children }: MomentProps) {
  return (
    <li className={classes.moment} data-kind={kind}>
      <div className={classes.momentHead}>
        <b>{title}</b>
        {word !== undefined && <StatusWord kind={kind}>{word}</StatusWord>}
        {at !== null && <span className={classes.when}>{isAhead ? <Countdown to={at} /> : <TimeAgo at={at} />}</span>}
      </div>
      {children}
    </li>
  );
}
