import { Button, PasswordInput, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { changeMyEmail, withdrawMyEmail } from '../../../contracts/person.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { Note } from '../../ui/note.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { requiredField } from '../../ui/required.tsx';
import { Section } from '../../ui/section.tsx';
import classes from '../../ui/sections.module.css';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { type MyProfile, useProfileChange } from './profile-query.ts';

/** The address that one signs in with. Another counts once the link mailed to it was confirmed. */
export function EmailSection({ profile }: { profile: MyProfile }) {
  const [isChanging, setChanging] = useState(false);
  return (
    <Section
      title="E-mail address"
      intro={
        <>
          <strong>{profile.email}</strong>: you sign in with it, and test messages go to it.
        </>
      }
    >
      {profile.pendingEmail !== null && <PendingEmail profile={profile} email={profile.pendingEmail} />}
      {isChanging ? (
        <ChangeEmail onEnd={() => setChanging(false)} />
      ) : (
        profile.pendingEmail === null && (
          <Button variant="default" onClick={() => setChanging(true)}>
            Change address
          </Button>
        )
      )}
    </Section>
  );
}

function PendingEmail({ profile, email }: { profile: MyProfile; email: string }) {
  const withdrawal = useProfileChange(
    () => call(withdrawMyEmail),
    ({ email: kept }) => notifyDone(`Your address stays ${kept}.`),
  );
  const ends = profile.pendingEmailExpiresAt;
  const hasRunOut = ends !== null && new Date(ends) < new Date();
  return (
    <Note
      kind={hasRunOut ? 'failed' : 'waiting'}
      title={hasRunOut ? 'The link has run out' : 'Waits to be confirmed'}
      action={
        <Button
          size="xs"
          variant="default"
          loading={withdrawal.isPending}
          onClick={() => withdrawal.mutate(undefined, { onError: notifyProblem })}
        >
          Keep {profile.email}
        </Button>
      }
    >
      {hasRunOut ? (
        <p>{email} was not confirmed in time. Keep your address, then ask for the other again.</p>
      ) : (
        <p>
          A link went to {email}. Once you have followed it, that is your address. It ends <TimeAgo at={ends} />.
        </p>
      )}
    </Note>
  );
}

function ChangeEmail({ onEnd }: { onEnd: () => void }) {
  const [draft, setDraft] = useState({ email: '', password: '' });
  const asking = useProfileChange(
    () => call(changeMyEmail, { body: { ...draft, email: draft.email.trim() } }),
    ({ pendingEmail }) => {
      notifyDone(`A link is on its way to ${pendingEmail ?? draft.email}.`);
      onEnd();
    },
  );
  const messages = fieldMessages(asking.error, ['email', 'password']);
  const change = (changed: Partial<typeof draft>) => {
    asking.reset();
    setDraft({ ...draft, ...changed });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!asking.isPending) asking.mutate(undefined);
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <ProblemNote error={messages.general} title="The address was not changed" />
      <TextInput
        {...requiredField('New address')}
        description="A link is mailed to it; the address you have gets a notice."
        type="email"
        name="email"
        autoComplete="email"
        autoFocus
        required
        value={draft.email}
        error={messages.of('email')}
        onChange={(event) => change({ email: event.currentTarget.value })}
      />
      <PasswordInput
        {...requiredField('Your password')}
        name="password"
        autoComplete="current-password"
        required
        maxLength={128}
        value={draft.password}
        error={messages.of('password')}
        aria-invalid={messages.of('password') !== null}
        onChange={(event) => change({ password: event.currentTarget.value })}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
      />
      <div className={classes.buttons}>
        <Button type="submit" loading={asking.isPending}>
          Mail the link
        </Button>
        <Button variant="default" onClick={onEnd}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
