import { Button, TextInput } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Factor, SecondStep as SecondStepNeeded } from '../../../contracts/access.ts';
import { completeSignIn } from '../../../contracts/second-factor.ts';
import { call, ProblemError } from '../../lib/call.ts';
import { canUsePasskeys, PasskeyError, showPasskey } from '../../lib/passkey.ts';
import { Note } from '../../ui/note.tsx';
import classes from '../../ui/outside-page.module.css';
import { requiredField } from '../../ui/required.tsx';
import { factorWords, otherWays } from './factor-words.ts';
import { SignInProblem } from './sign-in-problem.tsx';
import { useEnter } from './use-enter.ts';

interface SecondStepProps {
  email: string;
  step: SecondStepNeeded;
  /** Back to address and password. */
  onAgain: () => void;
}

/** The step after the right password: a passkey, a code of the app, or a recovery code. */
export function SecondStep({ email, step, onAgain }: SecondStepProps) {
  const enter = useEnter();
  const { first, others } = otherWays(step.needs, canUsePasskeys());
  const [way, setWay] = useState<Factor>(first);
  const [text, setText] = useState('');
  const entry = useMutation({
    mutationFn: async () => {
      const { challenge } = step;
      const answer =
        way === 'passkey'
          ? { passkey: await showPasskey(step.passkeyOptions ?? {}) }
          : way === 'totp'
            ? { code: text }
            : { recoveryCode: text };
      await call(completeSignIn, { body: { challenge, ...answer } });
      await enter();
    },
    onError: () => setText(''),
  });
  const isOver = entry.error instanceof ProblemError && entry.error.problem.statusCode === 403;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!entry.isPending) entry.mutate();
  };
  const choose = (other: Factor) => {
    entry.reset();
    setText('');
    setWay(other);
  };
  if (isOver) {
    return (
      <Note
        kind="failed"
        title="Begin again"
        action={
          <Button data-autofocus onClick={onAgain}>
            Sign in again
          </Button>
        }
      >
        {entry.error?.message}
      </Note>
    );
  }
  return (
    <form className={classes.form} onSubmit={submit}>
      <p className={classes.lead}>
        The password of <strong>{email.trim()}</strong> is right. {factorWords[way].lead}
      </p>
      {entry.error !== null && <Problem key={entry.submittedAt} error={entry.error} way={way} />}
      {way === 'totp' && (
        <TextInput
          {...requiredField('Six-digit code')}
          key="totp"
          name="code"
          autoComplete="one-time-code"
          inputMode="numeric"
          autoFocus
          required
          maxLength={20}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      )}
      {way === 'recovery' && (
        <TextInput
          {...requiredField('Recovery code')}
          key="recovery"
          name="recovery-code"
          autoComplete="off"
          spellCheck={false}
          autoFocus
          required
          maxLength={50}
          placeholder="xxxx-xxxx-xxxx-xxxx"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      )}
      {way === 'passkey' ? (
        <Button type="submit" autoFocus leftSection={<IconKey size={16} aria-hidden />} loading={entry.isPending}>
          Use a passkey
        </Button>
      ) : (
        <Button type="submit" loading={entry.isPending}>
          Sign in
        </Button>
      )}
      <div className={classes.ways}>
        {others(way).map((other) => (
          <Button key={other} variant="subtle" size="compact-sm" onClick={() => choose(other)}>
            {factorWords[other].choose}
          </Button>
        ))}
        <Button variant="subtle" color="gray" size="compact-sm" onClick={onAgain}>
          Sign in as somebody else
        </Button>
      </div>
    </form>
  );
}

function Problem({ error, way }: { error: Error; way: Factor }) {
  const isWrong =
    error instanceof ProblemError && ['invalid_credentials', 'validation_error'].includes(error.problem.name);
  if (isWrong && way !== 'passkey') {
    const message = error.fieldMessage('code') ?? factorWords[way].wrong;
    return (
      <Note kind="failed" title={way === 'totp' ? 'This code is not right' : 'This recovery code is not right'}>
        {message}
      </Note>
    );
  }
  return (
    <SignInProblem error={error} of={error instanceof PasskeyError || way === 'passkey' ? 'passkey' : 'password'} />
  );
}
