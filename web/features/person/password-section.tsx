import { Button, PasswordInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { changeMyPassword } from '../../../contracts/person.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { NewPasswordInput } from '../../ui/new-password-input.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { requiredField } from '../../ui/required.tsx';
import { Section } from '../../ui/section.tsx';
import classes from '../../ui/sections.module.css';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { type MyProfile, profileQuery } from './profile-query.ts';

/** Another password; all other sessions end with it. */
export function PasswordSection({ profile }: { profile: MyProfile }) {
  const [isChanging, setChanging] = useState(false);
  return (
    <Section
      title="Password"
      intro={
        <>
          Set <TimeAgo at={profile.passwordSetAt} />.
        </>
      }
    >
      {isChanging ? (
        <ChangePassword email={profile.email} onEnd={() => setChanging(false)} />
      ) : (
        <Button variant="default" onClick={() => setChanging(true)}>
          Change password
        </Button>
      )}
    </Section>
  );
}

function ChangePassword({ email, onEnd }: { email: string; onEnd: () => void }) {
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState({ oldPassword: '', password: '' });
  const saving = useMutation({
    mutationFn: () => call(changeMyPassword, { body: draft }),
    onSuccess: () => {
      notifyDone('Your password was changed; you were signed out everywhere else.');
      for (const { queryKey } of [profileQuery, { queryKey: ['sessions'] }]) {
        void queryClient.invalidateQueries({ queryKey });
      }
      onEnd();
    },
  });
  const messages = fieldMessages(saving.error, ['oldPassword', 'password']);
  const change = (changed: Partial<typeof draft>) => {
    saving.reset();
    setDraft({ ...draft, ...changed });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!saving.isPending) saving.mutate();
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <ProblemNote error={messages.general} title="The password was not changed" />
      {/* Tells a password manager whose password it is. */}
      <input type="email" name="email" autoComplete="username" value={email} readOnly hidden />
      <PasswordInput
        {...requiredField('Present password')}
        name="password"
        autoComplete="current-password"
        autoFocus
        required
        maxLength={128}
        value={draft.oldPassword}
        error={messages.of('oldPassword')}
        aria-invalid={messages.of('oldPassword') !== null}
        onChange={(event) => change({ oldPassword: event.currentTarget.value })}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the present password' }}
      />
      <NewPasswordInput
        label="New password"
        value={draft.password}
        error={messages.of('password')}
        onChange={(password) => change({ password })}
      />
      <div className={classes.buttons}>
        <Button type="submit" loading={saving.isPending}>
          Change password
        </Button>
        <Button variant="default" onClick={onEnd}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
