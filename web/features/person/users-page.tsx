import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { roles } from '../../../contracts/access.ts';
import { invitePerson, type Person, personStates } from '../../../contracts/person.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { useFilterShortcut } from '../../lib/use-shortcuts.ts';
import { useTypedText } from '../../lib/use-typed-text.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import classes from '../../ui/table.module.css';
import { EditPersonDialog } from './edit-person-dialog.tsx';
import { InviteDialog } from './invite-dialog.tsx';
import { peopleQuery } from './people-query.ts';
import { type PeopleSearch, peopleSearch } from './people-search.ts';
import { PeopleTable } from './people-table.tsx';
import { SignInPolicySection } from './sign-in-policy-section.tsx';
import own from './users-page.module.css';

/** Who may sign in to Postern, and who is invited. */
export function UsersPage() {
  usePageTitle('Users');
  const reason = useReasonWhyNot(invitePerson);
  if (reason !== null) {
    return (
      <EmptyState isPage title="Users">
        <p>
          {reason} What is yours stands under <strong>My profile</strong>.
        </p>
      </EmptyState>
    );
  }
  return <UserList />;
}

function UserList() {
  const search = useSearch({ from: '/shell/setup/users' });
  const navigate = useNavigate({ from: '/setup/users' });
  const filter = useRef<HTMLInputElement>(null);
  useFilterShortcut(filter);
  const [isInviting, setInviting] = useState(false);
  const [edited, setEdited] = useState<Person | null>(null);
  const people = useQuery(peopleQuery(search));
  const narrow = (changed: { [Key in keyof PeopleSearch]: string }) =>
    navigate({ search: (current) => peopleSearch({ ...current, ...changed }), replace: true });
  const { typed, setTyped } = useTypedText(search.q ?? '', (q) => void narrow({ q }));
  const isNarrowed = Object.keys(search).length > 0;
  const shown = people.data ?? [];
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1>Users</h1>
        <Button onClick={() => setInviting(true)}>Invite a user</Button>
      </div>
      <p className={classes.intro}>
        People who sign in to Postern. The contacts of your customers stand under Accounts; programs use API keys.
      </p>
      <div className={own.filters}>
        <TextInput
          ref={filter}
          type="search"
          aria-label="Filter by name or address"
          placeholder="Name or address"
          aria-keyshortcuts="/"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <NativeSelect
          aria-label="State"
          data={[{ value: '', label: 'Any state' }, ...personStates]}
          value={search.state ?? ''}
          onChange={(event) => void narrow({ state: event.currentTarget.value })}
        />
        <NativeSelect
          aria-label="Role"
          data={[{ value: '', label: 'Any role' }, ...roles]}
          value={search.role ?? ''}
          onChange={(event) => void narrow({ role: event.currentTarget.value })}
        />
      </div>
      <ProblemNote error={people.error} title="The users could not be loaded" onRetry={() => people.refetch()} />
      {people.isPending && <Loading height={160} />}
      {people.data !== undefined && shown.length === 0 && (
        <EmptyState
          title="Nobody fits"
          action={
            isNarrowed && (
              <Button variant="default" onClick={() => void navigate({ search: {}, replace: true })}>
                Show all users
              </Button>
            )
          }
        >
          <p>No name or address has these words, in this state and role.</p>
        </EmptyState>
      )}
      {shown.length > 0 && <PeopleTable people={shown} onEdit={setEdited} />}
      {shown.length === 1 && shown[0]?.isYou && !isNarrowed && (
        <p className={own.alone}>
          You are the only one. A second administrator can let you in again when you have lost your second factor.
        </p>
      )}
      <SignInPolicySection />
      {isInviting && <InviteDialog onClose={() => setInviting(false)} />}
      {edited !== null && <EditPersonDialog key={edited.id} person={edited} onClose={() => setEdited(null)} />}
    </div>
  );
}
