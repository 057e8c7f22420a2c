import { IconPlayerPause, IconPlayerPlay, IconRefresh, IconStarFilled } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Overview } from '../../../contracts/overview.ts';
import { stateOfServer, useSending, useSteering } from '../../lib/sending.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { type StatusKind, StatusWord } from '../../ui/status-word.tsx';
import { ClockTime, Countdown } from '../../ui/time-ago.tsx';
import classes from './server-health.module.css';

type Server = Overview['settings'][number];

/** One line for each server: how it is, since when and why, what waits for it, what it took. */
export function ServerHealth({ settings }: { settings: readonly Server[] }) {
  const sending = useSending();
  // The figures may be seconds old; whoever has just pressed a switch sees it turn.
  const isPausedNow = (server: Server): Server =>
    sending === undefined ? server : { ...server, isPaused: stateOfServer(sending, server.id)?.kind === 'paused' };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={classes.scroll} tabIndex={0} aria-label="SMTP settings, how they are">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">State</th>
            <th scope="col" className={classes.figure}>
              Waiting
            </th>
            <th scope="col" className={classes.figure}>
              Sent
            </th>
            <th scope="col" className={classes.figure}>
              Not sent
            </th>
            <th scope="col">
              <span className="postern-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {settings.map((server) => (
            <ServerRow key={server.id} server={isPausedNow(server)} />
          ))}
        </tbody>
      </table>
      <p className={classes.unit}>Sent and not sent: attempts in 24 hours.</p>
    </section>
  );
}

function ServerRow({ server }: { server: Server }) {
  const [kind, word] = stateOf(server);
  const { steer, isBusy, whyNot } = useSteering(notifyProblem);
  const isStopped = server.state === 'blocked' || server.state === 'unreachable';
  return (
    <tr>
      <th scope="row">
        <Link
          to="/setup/extensibility/smtp-settings/$id"
          params={{ id: server.id }}
          preload={false}
          className={classes.name}
        >
          {server.name}
        </Link>
        {server.isDefault && <IconStarFilled size={14} role="img" aria-label="default" className={classes.star} />}
      </th>
      <td>
        <StatusWord kind={kind}>{word}</StatusWord>
        {server.since !== null && (
          <span className={classes.since}>
            {' '}
            since <ClockTime at={server.since} />
          </span>
        )}
        {server.reason !== '' && <span className={classes.reason}>{server.reason}</span>}
        {!server.isPaused && server.nextProbeAt !== null && (
          <span className={classes.reason}>
            Tried again <Countdown to={server.nextProbeAt} />.
          </span>
        )}
      </td>
      <td className={classes.figure}>{server.waiting.toLocaleString()}</td>
      <td className={classes.figure}>{server.attemptsSent.toLocaleString()}</td>
      <td className={classes.figure}>{server.attemptsNotSent.toLocaleString()}</td>
      <td className={classes.figure}>
        {isStopped && !server.isPaused && (
          <IconButton
            label={`Try ${server.name} now`}
            disabledReason={whyNot}
            onClick={() => {
              notifyDone(`“${server.name}” is tried now.`);
              steer({ act: 'probe', id: server.id });
            }}
          >
            <IconRefresh size={18} aria-hidden />
          </IconButton>
        )}
        <IconButton
          label={server.isPaused ? `Resume ${server.name}` : `Pause ${server.name}`}
          disabledReason={whyNot}
          isLoading={isBusy}
          onClick={() => steer({ act: server.isPaused ? 'resume' : 'pause', id: server.id })}
        >
          {server.isPaused ? <IconPlayerPlay size={18} aria-hidden /> : <IconPlayerPause size={18} aria-hidden />}
        </IconButton>
      </td>
    </tr>
  );
}

/** Without mail so far, what the last test said is all there is to know. */
function stateOf(server: Server): [kind: StatusKind, word: string] {
  if (server.isPaused) return ['waiting', 'paused'];
  if (server.state === 'blocked') return ['failed', 'blocked'];
  if (server.state === 'unreachable') return ['failed', 'unreachable'];
  if (server.state === 'slow') return ['waiting', 'slow'];
  if (server.attemptsSent > 0) return ['sent', 'works'];
  if (server.attemptsNotSent > 0) return ['waiting', 'nothing sent yet'];
  if (server.lastTestOk === null) return ['none', 'not used yet'];
  return server.lastTestOk ? ['sent', 'test passed'] : ['failed', 'test failed'];
}
