import { IconPlayerPause, IconPlayerPlay, IconRefresh, IconStarFilled } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Overview } from '../../../contracts/overview.ts';
import { stateOfServer, useSending, useSteering } from '../../lib/sending.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { type StatusKind, StatusWord } from '../../ui/status-word.tsx';
import { ClockTime, Countdown } from '../../ui/time-ago.tsx';
import classes from './server-health.module.css';

type Server = Overview['settings'][number];

/** Each server: how it is, since when and why, what waits for it, what it took; and its switches. */
export function ServerHealth({ settings }: { settings: readonly Server[] }) {
  const isNarrow = useIsNarrow();
  const sending = useSending();
  // The figures may be seconds old; whoever has just pressed a switch sees it turn.
  const servers = settings.map((server) =>
    sending === undefined ? server : { ...server, isPaused: stateOfServer(sending, server.id)?.kind === 'paused' },
  );
  return (
    <>
      {isNarrow ? <ServerList servers={servers} /> : <ServerTable servers={servers} />}
      <p className={classes.unit}>Sent and not sent: attempts in 24 hours.</p>
    </>
  );
}

function ServerTable({ servers }: { servers: readonly Server[] }) {
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">State</th>
          {['Waiting', 'Sent', 'Not sent'].map((name) => (
            <th key={name} scope="col" className={classes.figure}>
              {name}
            </th>
          ))}
          <th scope="col">
            <span className="postern-hidden">Switches</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {servers.map((server) => (
          <tr key={server.id}>
            <th scope="row">
              <Name server={server} />
            </th>
            <td>
              <State server={server} />
            </td>
            {[server.waiting, server.attemptsSent, server.attemptsNotSent].map((count, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: three columns
              <td key={place} className={classes.figure}>
                {count.toLocaleString()}
              </td>
            ))}
            <td className={classes.figure}>
              <Switches server={server} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The same where there is no room for columns. */
function ServerList({ servers }: { servers: readonly Server[] }) {
  return (
    <ul className={classes.list}>
      {servers.map((server) => (
        <li key={server.id}>
          <div className={classes.head}>
            <Name server={server} />
            <Switches server={server} />
          </div>
          <State server={server} />
          <span className={classes.reason}>
            {server.waiting.toLocaleString()} waiting, {server.attemptsSent.toLocaleString()} sent,{' '}
            {server.attemptsNotSent.toLocaleString()} not sent
          </span>
        </li>
      ))}
    </ul>
  );
}

function Name({ server: { id, name, isDefault } }: { server: Server }) {
  return (
    <span>
      <Link to="/setup/extensibility/smtp-settings/$id" params={{ id }} preload={false} className={classes.name}>
        {name}
      </Link>
      {isDefault && <IconStarFilled size={14} role="img" aria-label="default" className={classes.star} />}
    </span>
  );
}

function State({ server }: { server: Server }) {
  const [kind, word] = stateOf(server);
  return (
    <>
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
    </>
  );
}

function Switches({ server: { id, name, state, isPaused } }: { server: Server }) {
  const { steer, isBusy, whyNot } = useSteering(notifyProblem);
  const isStopped = state === 'blocked' || state === 'unreachable';
  const probe = () => {
    notifyDone(`“${name}” is tried now.`);
    steer({ act: 'probe', id });
  };
  return (
    <span className={classes.switches}>
      {isStopped && !isPaused && (
        <IconButton label={`Try ${name} now`} disabledReason={whyNot} onClick={probe}>
          <IconRefresh size={18} aria-hidden />
        </IconButton>
      )}
      <IconButton
        label={isPaused ? `Resume ${name}` : `Pause ${name}`}
        disabledReason={whyNot}
        isLoading={isBusy}
        onClick={() => steer({ act: isPaused ? 'resume' : 'pause', id })}
      >
        {isPaused ? <IconPlayerPlay size={18} aria-hidden /> : <IconPlayerPause size={18} aria-hidden />}
      </IconButton>
    </span>
  );
}

/** Without mail so far, what the last test said is all there is to know. */
function stateOf(server: Server): [kind: StatusKind, word: string] {
  if (server.isPaused) return ['waiting', 'paused'];
  if (server.state === 'blocked') return ['failed', 'blocked'];
  if (server.state === 'unreachable') return ['failed', 'unreachable'];
  if (server.state === 'slow') return ['waiting', 'slowed down'];
  if (server.attemptsSent > 0) return ['sent', 'works'];
  if (server.attemptsNotSent > 0) return ['on', 'in use'];
  if (server.lastTestOk === null) return ['none', 'not used yet'];
  return server.lastTestOk ? ['sent', 'test passed'] : ['failed', 'test failed'];
}
