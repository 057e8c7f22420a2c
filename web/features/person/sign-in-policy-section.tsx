import { Switch } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import { changeSignInPolicy, readSignInPolicy } from '../../../contracts/second-factor.ts';
import { call } from '../../lib/call.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import classes from './users-page.module.css';

const queryKey = ['sign-in-policy'];

/** What signing in takes here, for everybody. */
export function SignInPolicySection() {
  const id = useId();
  const queryClient = useQueryClient();
  const policy = useQuery({ queryKey, queryFn: ({ signal }) => call(readSignInPolicy, { signal }) });
  const change = useMutation({
    mutationFn: (administratorsNeedSecondFactor: boolean) =>
      call(changeSignInPolicy, { body: { administratorsNeedSecondFactor } }),
    onSuccess: (changed) => {
      queryClient.setQueryData(queryKey, changed);
      notifyDone(
        changed.administratorsNeedSecondFactor
          ? 'Administrators need a second factor from now on.'
          : 'A password alone is enough again.',
      );
    },
  });
  const ask = async (isNeeded: boolean) => {
    change.reset();
    const question = isNeeded
      ? {
          title: 'Ask every administrator for a second factor?',
          children: <p>Who has none can do nothing but set one up, from now on.</p>,
          isDestructive: false,
        }
      : {
          title: 'Let administrators sign in with a password alone?',
          children: <p>Whoever learns an administrator’s password gets in with it. Factors that are set up stay on.</p>,
        };
    if (await askYesNo(question)) change.mutate(isNeeded);
  };
  if (policy.data === undefined && policy.error === null) return null;
  return (
    <section className={classes.policy} aria-labelledby={id}>
      <h2 id={id}>Signing in</h2>
      <ProblemNote error={policy.error} title="The policy could not be loaded" onRetry={() => policy.refetch()} />
      <ProblemNote error={change.error} title="The policy was not changed" />
      {policy.data !== undefined && (
        <Switch
          label="Administrators need a second factor"
          description="An app’s code or a passkey beside the password. An administrator without one can do nothing but set it up."
          checked={policy.data.administratorsNeedSecondFactor}
          disabled={change.isPending}
          onChange={(event) => void ask(event.currentTarget.checked)}
        />
      )}
    </section>
  );
}
