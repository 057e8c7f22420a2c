import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { acceptInvitation, checkInvitation } from '../../../contracts/person.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { useLinkToken } from '../../lib/use-link-token.ts';
import { Loading } from '../../ui/loading.tsx';
import { NewPasswordInput } from '../../ui/new-password-input.tsx';
import { Note } from '../../ui/note.tsx';
import classes from '../../ui/outside-page.module.css';
import { OutsidePage } from '../../ui/outside-page.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { readOnlyField, requiredField } from '../../ui/required.tsx';
import { isLinkOver } from './is-link-over.ts';
import { LinkProblem } from './link-problem.tsx';

/** `/invitation#TOKEN`, the mailed link: who is invited gives a name and a password. */
export function InvitationPage() {
  usePageTitle('Invitation');
  const [token, forget] = useLinkToken();
  return (
    <OutsidePage title="Your invitation">
      {token === '' ? (
        <div className={classes.form}>
          <Note kind="waiting" title="The link is not complete">
            Open the whole link in the invitation mail, with what stands after the #.
          </Note>
          <SignInLink />
        </div>
      ) : (
        <Invitation key={token} token={token} onUsed={forget} />
      )}
    </OutsidePage>
  );
}

function Invitation({ token, onUsed }: { token: string; onUsed: () => void }) {
  const navigate = useNavigate();
  const [draft, setDraft] = useState<{ name?: string; password: string }>({ password: '' });
  const link = useQuery({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) => call(checkInvitation, { body: { token }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const name = draft.name ?? link.data?.name ?? '';
  const { password } = draft;
  const acceptance = useMutation({
    mutationFn: () => call(acceptInvitation, { body: { token, name, password } }),
    onSuccess: async ({ email }) => {
      const notice = 'Your account is ready. Sign in with the password that you chose.';
      await navigate({ to: '/sign-in', search: {}, state: { email, notice }, replace: true });
      onUsed();
    },
  });
  const change = (changed: Partial<typeof draft>) => {
    acceptance.reset();
    setDraft({ ...draft, ...changed });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!acceptance.isPending) acceptance.mutate();
  };
  const dead = [link.error, acceptance.error].find(isLinkOver);
  if (dead || link.error !== null) {
    return (
      <div className={classes.form}>
        <LinkProblem error={dead ?? link.error} onRetry={() => link.refetch()} />
        <SignInLink />
      </div>
    );
  }
  if (link.isPending) return <Loading height={240} />;
  const messages = fieldMessages(acceptance.error, ['name', 'password']);
  return (
    <form className={classes.form} onSubmit={submit}>
      <p className={classes.lead}>
        {link.data.invitedBy === '' ? 'You are invited' : <>{link.data.invitedBy} invites you</>}. Choose a password,
        and you can sign in.
      </p>
      <ProblemNote error={messages.general} title="The invitation was not accepted" />
      <TextInput
        {...readOnlyField('E-mail address')}
        description="You sign in with it."
        type="email"
        name="email"
        autoComplete="username"
        value={link.data.email}
      />
      <TextInput
        {...requiredField('Your name')}
        name="name"
        autoComplete="name"
        autoFocus={name === ''}
        required
        maxLength={100}
        value={name}
        error={messages.of('name')}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <NewPasswordInput
        label="Password"
        value={password}
        error={messages.of('password')}
        onChange={(next) => change({ password: next })}
        hasFocus={name !== ''}
      />
      <Button type="submit" loading={acceptance.isPending}>
        Accept the invitation
      </Button>
    </form>
  );
}

const SignInLink = () => (
  <p className={classes.aside}>
    <Link to="/sign-in">Sign in</Link>
  </p>
);
