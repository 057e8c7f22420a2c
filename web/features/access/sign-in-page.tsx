import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { readFirstRun, signIn } from '../../../contracts/access.ts';
import { call } from '../../lib/call.ts';
import { meQuery } from '../../lib/me.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { Note } from '../../ui/note.tsx';
import classes from '../../ui/outside-page.module.css';
import { OutsidePage } from '../../ui/outside-page.tsx';
import { requiredField } from '../../ui/required.tsx';
import { confirmSession } from './confirm-session.ts';
import { safeNext } from './safe-next.ts';
import { SignInProblem } from './sign-in-problem.tsx';

/** E-mail address and password; leads back to where the person was going. */
export function SignInPage() {
  usePageTitle('Sign in');
  const { next } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const firstRun = useQuery({ queryKey: ['first-run'], queryFn: ({ signal }) => call(readFirstRun, { signal }) });
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const entry = useMutation({
    mutationFn: async () => {
      await call(signIn, { body: { email, password } });
      return confirmSession();
    },
    onSuccess: async (me) => {
      queryClient.clear();
      queryClient.setQueryData(meQuery.queryKey, me);
      await navigate({ href: safeNext(next), replace: true });
    },
    onError: () => setPassword(''),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!entry.isPending) entry.mutate();
  };
  return (
    <OutsidePage title="Sign in">
      <form className={classes.form} onSubmit={submit}>
        {firstRun.data?.isOpen === true && (
          <Note kind="waiting" title="Nobody can sign in yet">
            Postern printed a link on its console when it started. Open that link to create the first administrator. The
            link is lost? Restart Postern: it prints a new one.
          </Note>
        )}
        {entry.error !== null && <SignInProblem key={entry.submittedAt} error={entry.error} />}
        <TextInput
          {...requiredField('E-mail address')}
          type="email"
          name="email"
          autoComplete="username"
          autoFocus
          required
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          {...requiredField('Password')}
          name="password"
          autoComplete="current-password"
          required
          maxLength={128}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        />
        <Button type="submit" loading={entry.isPending}>
          Sign in
        </Button>
      </form>
    </OutsidePage>
  );
}
