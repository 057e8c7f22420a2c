import type { Person } from '../../../contracts/person.ts';
import { StatusWord } from '../../ui/status-word.tsx';
import classes from '../../ui/table.module.css';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { nameOf } from './name-of.ts';
import own from './people-table.module.css';
import { PersonMenu } from './person-menu.tsx';
import { PersonStateWords } from './person-state.tsx';

interface PeopleTableProps {
  people: readonly Person[];
  onEdit: (person: Person) => void;
}

/** Everybody who may sign in, or is invited to. */
export function PeopleTable({ people, onEdit }: PeopleTableProps) {
  return (
    <table className={classes.table} data-blocks>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Role</th>
          <th scope="col">State</th>
          <th scope="col">Last sign-in</th>
          <th scope="col">Second factor</th>
          <th scope="col">
            <span className="postern-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {people.map((person) => (
          <tr key={person.id} className={own.row}>
            <td>
              <span className={classes.name}>{nameOf(person)}</span>
              {person.isYou && <span className={classes.dim}> (you)</span>}
              {person.name !== '' && (
                <>
                  <br />
                  <span className={classes.dim}>{person.email}</span>
                </>
              )}
            </td>
            <td data-head="Role">{person.role}</td>
            <td data-head="State">
              <PersonStateWords person={person} />
            </td>
            <td data-head="Last sign-in">
              <TimeAgo at={person.lastSignInAt} />
              {person.sessionCount > 0 && (
                <span className={classes.dim}>
                  {', '}
                  {person.sessionCount === 1 ? '1 session' : `${person.sessionCount} sessions`}
                </span>
              )}
            </td>
            <td data-head="Second factor">
              {person.state === 'invited' ? (
                '–'
              ) : (
                <StatusWord kind={person.hasSecondFactor ? 'on' : 'none'}>
                  {person.hasSecondFactor ? 'on' : 'none'}
                </StatusWord>
              )}
            </td>
            <td className={own.actions}>
              <PersonMenu person={person} onEdit={() => onEdit(person)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
