import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { ReplyOf } from '../../../contracts/endpoint.ts';
import { readPasswordReset, requestPasswordReset } from '../../../contracts/person.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Loading } from '../../ui/loading.tsx';
import { Note } from '../../ui/note.tsx';
import classes from '../../ui/outside-page.module.css';
import { OutsidePage } from '../../ui/outside-page.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { requiredField } from '../../ui/required.tsx';

/** Asks for a link that sets another password. What it answers never tells whether anybody has the address. */
export function AskForReset({ knownEmail }: { knownEmail: string }) {
  usePageTitle('Forgotten password');
  const typedBefore = useLocation({ select: ({ state }) => state.email ?? '' });
  const [email, setEmail] = useState(knownEmail || typedBefore);
  const mailState = useQuery({
    queryKey: ['password-reset'],
    queryFn: ({ signal }) => call(readPasswordReset, { signal }),
  });
  const request = useMutation({ mutationFn: () => call(requestPasswordReset, { body: { email: email.trim() } }) });
  const messages = fieldMessages(request.error, ['email']);
  const answer = request.data ?? mailState.data;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!request.isPending) request.mutate();
  };
  const back = (
    <p className={classes.aside}>
      <Link to="/sign-in" state={{ email }}>
        Back to sign-in
      </Link>
    </p>
  );
  if (mailState.isPending) {
    return (
      <OutsidePage title="Forgotten password">
        <Loading height={120} />
      </OutsidePage>
    );
  }
  if (answer?.canSendMail === false) {
    return (
      <OutsidePage title="Forgotten password">
        <div className={classes.form}>
          <NoMail state={answer} />
          {back}
        </div>
      </OutsidePage>
    );
  }
  if (request.isSuccess) {
    return (
      <OutsidePage title="Look in your mailbox">
        <div className={classes.form}>
          <p className={classes.lead} role="status">
            If somebody here has the address <strong>{email.trim()}</strong>, a link is on its way to it. It works once,
            for 30 minutes.
          </p>
          <p className={classes.aside}>
            Nothing there after some minutes? Look among the unwanted mail, and whether this is the address that you
            sign in with.
          </p>
          <Button variant="default" onClick={() => request.reset()}>
            Ask again, or for another address
          </Button>
          {back}
        </div>
      </OutsidePage>
    );
  }
  return (
    <OutsidePage title="Forgotten password">
      <form className={classes.form} onSubmit={submit}>
        <p className={classes.lead}>A link is mailed to you that sets another password.</p>
        <ProblemNote error={mailState.error ?? messages.general} title="No link could be asked for" />
        <TextInput
          {...requiredField('E-mail address')}
          description="The one that you sign in with."
          type="email"
          name="email"
          autoComplete="username"
          autoFocus
          required
          value={email}
          error={messages.of('email')}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Button type="submit" loading={request.isPending}>
          Mail me a link
        </Button>
        {back}
      </form>
    </OutsidePage>
  );
}

/** Nothing can be mailed yet, whoever asks: what helps is on the machine. */
function NoMail({ state }: { state: ReplyOf<typeof readPasswordReset> }) {
  return (
    <Note
      kind="waiting"
      title="Postern cannot mail a link yet"
      action={<CopyButton text={state.resetCommand} label="Copy command" />}
    >
      <p>It has no SMTP settings. An administrator can make a link on the machine where Postern runs:</p>
      <p className={`postern-words ${classes.command}`}>{state.resetCommand}</p>
      <p>ADDRESS stands for the address of whoever forgot the password.</p>
    </Note>
  );
}
