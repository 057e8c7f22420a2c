import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { createFirstAdministrator, readFirstRun } from '../../../contracts/access.ts';
import { call, ProblemError } from '../../lib/call.ts';
import { meQuery } from '../../lib/me.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { useLinkToken } from '../../lib/use-link-token.ts';
import { NewPasswordInput } from '../../ui/new-password-input.tsx';
import { Note } from '../../ui/note.tsx';
import classes from '../../ui/outside-page.module.css';
import { OutsidePage } from '../../ui/outside-page.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { requiredField } from '../../ui/required.tsx';
import { confirmSession, SessionNotKeptError } from './confirm-session.ts';
import { SignInProblem } from './sign-in-problem.tsx';

/** Creates the first administrator with the token of the link that the console printed, and signs them in. */
export function FirstRunPage() {
  usePageTitle('First run');
  const [token] = useLinkToken();
  const firstRun = useQuery({ queryKey: ['first-run'], queryFn: ({ signal }) => call(readFirstRun, { signal }) });
  if (firstRun.data?.isOpen === false) {
    return (
      <OutsidePage title="Postern is already set up">
        <p>There is an administrator, so this page is closed.</p>
        <Link to="/sign-in">Sign in</Link>
      </OutsidePage>
    );
  }
  return (
    <OutsidePage title="Create the first administrator">
      {token === '' ? (
        <Note kind="waiting" title="The link is not complete">
          Open the whole link that Postern printed on its console, with what stands after the #. Restarting Postern
          prints a new one.
        </Note>
      ) : (
        <FirstRunForm token={token} />
      )}
    </OutsidePage>
  );
}

function FirstRunForm({ token }: { token: string }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const creation = useMutation({
    mutationFn: async (input: { token: string; name: string; email: string; password: string }) => {
      await call(createFirstAdministrator, { body: input });
      return confirmSession();
    },
    onSuccess: async (me) => {
      queryClient.clear();
      queryClient.setQueryData(meQuery.queryKey, me);
      await navigate({ to: '/', replace: true });
    },
  });
  const { error, variables: sent } = creation;
  const isOfThisToken = sent?.token === token;
  const now = { name, email, password };
  // What was refused stands beneath its field until something else is typed there.
  const ofField = (path: keyof typeof now) =>
    error instanceof ProblemError && sent?.[path] === now[path] ? (error.fieldMessage(path) ?? null) : null;
  const hasFieldProblem =
    error instanceof ProblemError && ['name', 'email', 'password'].some((path) => error.fieldMessage(path));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!creation.isPending) creation.mutate({ token, name, email, password });
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      {error instanceof SessionNotKeptError ? <SignInProblem error={error} /> : null}
      {!hasFieldProblem && isOfThisToken && !(error instanceof SessionNotKeptError) && (
        <ProblemNote error={error} title="The administrator was not created" />
      )}
      <TextInput
        {...requiredField('Your name')}
        name="name"
        autoComplete="name"
        autoFocus
        required
        maxLength={100}
        value={name}
        error={ofField('name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        {...requiredField('E-mail address')}
        description="You sign in with it, and test messages go to it."
        type="email"
        name="email"
        autoComplete="username"
        required
        value={email}
        error={ofField('email')}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <NewPasswordInput label="Password" value={password} error={ofField('password')} onChange={setPassword} />
      <Button type="submit" loading={creation.isPending}>
        Create and sign in
      </Button>
    </form>
  );
}
