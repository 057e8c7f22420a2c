import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { checkPasswordReset, completePasswordReset } from '../../../contracts/person.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { Loading } from '../../ui/loading.tsx';
import { NewPasswordInput } from '../../ui/new-password-input.tsx';
import classes from '../../ui/outside-page.module.css';
import { OutsidePage } from '../../ui/outside-page.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { readOnlyField } from '../../ui/required.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { isLinkOver } from './is-link-over.ts';
import { LinkProblem } from './link-problem.tsx';

interface ResetByLinkProps {
  token: string;
  /** Whose link it was, for asking for another. */
  onEmail: (email: string) => void;
  onForget: () => void;
}

/** The page of a mailed reset link: nothing is used up before the new password is sent. */
export function ResetByLink({ token, onEmail, onForget }: ResetByLinkProps) {
  usePageTitle('Set another password');
  const navigate = useNavigate();
  const [password, setPassword] = useState('');
  const link = useQuery({
    queryKey: ['password-reset', token],
    queryFn: async ({ signal }) => {
      const found = await call(checkPasswordReset, { body: { token }, signal });
      onEmail(found.email);
      return found;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const reset = useMutation({
    mutationFn: () => call(completePasswordReset, { body: { token, password } }),
    onSuccess: async ({ email }) => {
      const notice = 'Your new password is set, and you were signed out everywhere. Sign in with it.';
      await navigate({ to: '/sign-in', search: {}, state: { email, notice }, replace: true });
      onForget();
    },
  });
  const dead = [link.error, reset.error].find(isLinkOver);
  const messages = fieldMessages(reset.error, ['password']);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!reset.isPending) reset.mutate();
  };
  if (dead) {
    return (
      <OutsidePage title="Set another password">
        <div className={classes.form}>
          <LinkProblem error={dead} action={<Button onClick={onForget}>Ask for another link</Button>} />
          <p className={classes.aside}>
            <Link to="/sign-in">Back to sign-in</Link>
          </p>
        </div>
      </OutsidePage>
    );
  }
  return (
    <OutsidePage title="Set another password">
      {link.isPending && <Loading height={160} />}
      {link.error !== null && <LinkProblem error={link.error} onRetry={() => link.refetch()} />}
      {link.data !== undefined && (
        <form className={classes.form} onSubmit={submit}>
          <ProblemNote error={messages.general} title="The password was not set" />
          <TextInput
            {...readOnlyField('E-mail address')}
            type="email"
            name="email"
            autoComplete="username"
            value={link.data.email}
          />
          <NewPasswordInput
            label="New password"
            value={password}
            error={messages.of('password')}
            onChange={(next) => {
              reset.reset();
              setPassword(next);
            }}
            hasFocus
          />
          <Button type="submit" loading={reset.isPending}>
            Set password
          </Button>
          <p className={classes.aside}>
            You are signed out everywhere else by it. The link ends <TimeAgo at={link.data.expiresAt} />.
          </p>
        </form>
      )}
    </OutsidePage>
  );
}
