import { Button } from '@mantine/core';
import { IconAlertTriangle, IconPlayerPause } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { useSteering } from '../../lib/sending.ts';
import { notifyDone } from '../../ui/notify.ts';
import { ClockTime, Countdown } from '../../ui/time-ago.tsx';
import { firstSentence } from '../../ui/time-words.ts';
import { type AlertLine, waitWords } from './alert-lines.ts';
import classes from './sending-alerts.module.css';

interface AlertRowProps {
  kind: 'failed' | 'waiting';
  since?: string | null;
  /** In a folded heap that was opened. */
  isInside?: boolean;
  actions?: ReactNode;
  children: ReactNode;
}

/** One line: a shape, the words, since when, and what can be done. */
export function AlertRow({ kind, since = null, isInside = false, actions, children }: AlertRowProps) {
  const Icon = kind === 'failed' ? IconAlertTriangle : IconPlayerPause;
  return (
    <div className={classes.line} data-kind={kind} data-inside={isInside || undefined}>
      <Icon size={16} aria-hidden className={classes.icon} />
      <p className={classes.words}>
        {children}
        {since !== null && (
          <span className={classes.dim}>
            {' '}
            Since <ClockTime at={since} />.
          </span>
        )}
      </p>
      {actions && <div className={classes.actions}>{actions}</div>}
    </div>
  );
}

/** One server: `Office: mail.example.com:587 refused the sign-in. 3 messages wait. Since 14:03. Tried again in 5 min.` */
export function ServerAlert(props: { line: AlertLine; steering: ReturnType<typeof useSteering>; isInside: boolean }) {
  const { line, steering, isInside } = props;
  const { steer, isBusy, whyNot } = steering;
  if (line.kind === 'paused-server') {
    const { id, name, waiting } = line.settings;
    return (
      <li>
        <AlertRow
          kind="waiting"
          isInside={isInside}
          actions={
            <>
              <OpenSettings id={id} name={name} />
              {whyNot === null && (
                <LineButton about={name} isBusy={isBusy} onClick={() => steer({ act: 'resume', id })}>
                  Resume
                </LineButton>
              )}
            </>
          }
        >
          <b>{name}</b> is paused: {waitWords(waiting)}.
        </AlertRow>
      </li>
    );
  }
  if (line.kind !== 'server') return null;
  const { alert } = line;
  const { id, name } = alert.smtp_settings;
  const probe = () => {
    notifyDone(`“${name}” is tried now.`);
    steer({ act: 'probe', id });
  };
  return (
    <li>
      <AlertRow
        kind="failed"
        isInside={isInside}
        actions={
          <>
            <OpenSettings id={id} name={name} />
            {whyNot === null && (
              <>
                <LineButton about={name} isBusy={isBusy} onClick={probe}>
                  Try now
                </LineButton>
                <LineButton about={name} isBusy={isBusy} onClick={() => steer({ act: 'pause', id })}>
                  Pause
                </LineButton>
              </>
            )}
          </>
        }
      >
        <b>{name}</b>: {firstSentence(alert.reason)}{' '}
        <Link to="/messages" search={{ q: `status:waiting settings:${quoted(name)}` }} className={classes.link}>
          {capital(waitWords(alert.waiting))}
        </Link>
        .
        <span className={classes.dim}>
          {' '}
          Since <ClockTime at={alert.since} />
          {alert.next_probe_at !== null && (
            <>
              , tried again <Countdown to={alert.next_probe_at} />
            </>
          )}
          .
        </span>
      </AlertRow>
    </li>
  );
}

function OpenSettings({ id, name }: { id: string; name: string }) {
  return (
    <Link
      to="/setup/extensibility/smtp-settings/$id"
      params={{ id }}
      preload={false}
      className={classes.open}
      aria-label={`Open the settings of ${name}`}
    >
      Settings
    </Link>
  );
}

/** `about` tells equal buttons of several lines apart. */
export function LineButton(props: { about?: string; isBusy: boolean; onClick: () => void; children: string }) {
  const { about, isBusy, onClick, children } = props;
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      disabled={isBusy}
      {...(about === undefined ? {} : { 'aria-label': `${children}: ${about}` })}
      onClick={onClick}
    >
      {children}
    </Button>
  );
}

const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);
const quoted = (name: string) => (/\s/.test(name) ? `"${name}"` : name);
