import { Button, PasswordInput, TextInput } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { type SecondStep, signIn } from '../../../contracts/access.ts';
import { beginPasskeySignIn, signInByPasskey } from '../../../contracts/second-factor.ts';
import { call } from '../../lib/call.ts';
import { canUsePasskeys, showPasskey } from '../../lib/passkey.ts';
import classes from '../../ui/outside-page.module.css';
import { requiredField } from '../../ui/required.tsx';
import { SignInProblem } from './sign-in-problem.tsx';
import { useEnter } from './use-enter.ts';

interface PasswordStepProps {
  email: string;
  onEmail: (email: string) => void;
  onSecondStep: (step: SecondStep) => void;
}

/** E-mail address and password, or a passkey that says both. */
export function PasswordStep({ email, onEmail, onSecondStep }: PasswordStepProps) {
  const enter = useEnter();
  const [password, setPassword] = useState('');
  const entry = useMutation({
    mutationFn: async () => {
      const reply = await call(signIn, { body: { email, password } });
      if ('needs' in reply) onSecondStep(reply);
      else await enter();
    },
    onError: () => setPassword(''),
  });
  const byPasskey = useMutation({
    mutationFn: async () => {
      const { challenge, options } = await call(beginPasskeySignIn);
      await call(signInByPasskey, { body: { challenge, passkey: await showPasskey(options) } });
      await enter();
    },
  });
  const isBusy = entry.isPending || byPasskey.isPending;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    byPasskey.reset();
    entry.mutate();
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      {entry.error !== null && <SignInProblem key={entry.submittedAt} error={entry.error} />}
      {byPasskey.error !== null && <SignInProblem key={byPasskey.submittedAt} error={byPasskey.error} of="passkey" />}
      <TextInput
        {...requiredField('E-mail address')}
        type="email"
        name="email"
        autoComplete="username"
        autoFocus={email === ''}
        required
        value={email}
        onChange={(event) => onEmail(event.currentTarget.value)}
      />
      <PasswordInput
        {...requiredField('Password')}
        name="password"
        autoComplete="current-password"
        autoFocus={email !== ''}
        required
        maxLength={128}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
      />
      <Button type="submit" loading={entry.isPending}>
        Sign in
      </Button>
      {canUsePasskeys() && (
        <Button
          variant="default"
          leftSection={<IconKey size={16} aria-hidden />}
          loading={byPasskey.isPending}
          disabled={entry.isPending}
          onClick={() => {
            entry.reset();
            byPasskey.mutate();
          }}
        >
          Sign in with a passkey
        </Button>
      )}
      <p className={classes.aside}>
        <Link to="/password-reset" state={{ email }}>
          Forgotten password?
        </Link>
      </p>
    </form>
  );
}
