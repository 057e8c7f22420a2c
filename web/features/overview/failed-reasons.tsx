import { Link } from '@tanstack/react-router';
import type { Overview } from '../../../contracts/overview.ts';
import { StatusWord } from '../../ui/status-word.tsx';
import classes from './overview-page.module.css';

/** Why mail did not arrive, most frequent first; each leads to one that failed so. */
export function FailedReasons({ failed }: { failed: Overview['failed'] }) {
  if (failed.length === 0) return <p className={classes.none}>Nothing failed.</p>;
  return (
    <>
      <ul className={classes.rows}>
        {failed.map(({ reason, count, state, exampleId }) => {
          const inside = (
            <>
              <span className={classes.count}>{count.toLocaleString()}</span>
              <span className={classes.what}>
                <StatusWord kind="failed">{state}</StatusWord>
                <span className={classes.detail}>{reason || 'No reason was given.'}</span>
              </span>
            </>
          );
          return (
            <li key={`${state} ${reason}`}>
              {exampleId === null ? (
                <span className={classes.row}>{inside}</span>
              ) : (
                <Link to="/messages/$id" params={{ id: exampleId }} search={allFailed} className={classes.row}>
                  {inside}
                </Link>
              )}
            </li>
          );
        })}
      </ul>
      <p className={classes.after}>
        <Link to="/messages" search={allFailed} className={classes.link}>
          All that failed
        </Link>
      </p>
    </>
  );
}

const allFailed = { q: 'status:failed after:24h' };
