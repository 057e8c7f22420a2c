import { Link } from '@tanstack/react-router';
import type { Overview } from '../../../contracts/overview.ts';
import { type StatusKind, StatusWord } from '../../ui/status-word.tsx';
import { Countdown } from '../../ui/time-ago.tsx';
import { firstSentence } from '../../ui/time-words.ts';
import classes from './overview-page.module.css';

type Waiting = Overview['waiting'][number];

const words: Record<Waiting['reason'], [kind: StatusKind, word: string]> = {
  held: ['waiting', 'held'],
  server: ['failed', 'server'],
  due: ['none', 'due'],
  sending: ['running', 'sending'],
  retry: ['waiting', 'tried again'],
  scheduled: ['none', 'scheduled'],
};

/** What has not gone out, and what it waits for. */
export function WaitingList({ waiting }: { waiting: readonly Waiting[] }) {
  if (waiting.length === 0) return <p className={classes.none}>Nothing waits.</p>;
  return (
    <ul className={classes.rows}>
      {waiting.map((each) => {
        const [kind, word] = words[each.reason];
        return (
          <li key={`${each.reason} ${each.settings?.id ?? ''}`}>
            <Link to="/messages" search={{ q: each.search }} className={classes.row}>
              <span className={classes.count}>{each.count.toLocaleString()}</span>
              <span className={classes.what}>
                <StatusWord kind={kind}>{each.settings === null ? word : `waits for ${each.settings.name}`}</StatusWord>
                <span className={classes.detail}>
                  {firstSentence(each.detail)}
                  {each.nextAt !== null && isAhead(each.nextAt) && (
                    <>
                      {' '}
                      The next one <Countdown to={each.nextAt} />.
                    </>
                  )}
                </span>
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

const isAhead = (at: string) => new Date(at).getTime() > Date.now() + 45_000;
