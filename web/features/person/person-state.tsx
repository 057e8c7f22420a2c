import type { Person } from '../../../contracts/person.ts';
import { StatusWord } from '../../ui/status-word.tsx';
import classes from '../../ui/table.module.css';
import { TimeAgo } from '../../ui/time-ago.tsx';

/** Whether somebody can sign in, and what is missing. */
export function PersonStateWords({ person }: { person: Person }) {
  const { state, disabledAt, invitationExpiresAt } = person;
  if (state === 'active') return <StatusWord kind="on">active</StatusWord>;
  if (state === 'disabled') {
    return (
      <>
        <StatusWord kind="failed">disabled</StatusWord>
        <span className={classes.dim}>
          {' '}
          <TimeAgo at={disabledAt} never="" />
        </span>
      </>
    );
  }
  const hasRunOut = invitationExpiresAt !== null && new Date(invitationExpiresAt) < new Date();
  if (hasRunOut) {
    return (
      <>
        <StatusWord kind="failed">invitation ran out</StatusWord>
        <span className={classes.dim}>
          {' '}
          <TimeAgo at={invitationExpiresAt} />
        </span>
      </>
    );
  }
  return (
    <>
      <StatusWord kind="waiting">invited</StatusWord>
      <span className={classes.dim}>
        {' '}
        {person.invitedBy !== null && `by ${person.invitedBy}, `}ends <TimeAgo at={invitationExpiresAt} />
      </span>
    </>
  );
}
