import { Button, PasswordInput } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { beginConfirmation, confirmMyself } from '../../../contracts/second-factor.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { canUsePasskeys, showPasskey } from '../../lib/passkey.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { requiredField } from '../../ui/required.tsx';
import classes from '../../ui/sections.module.css';

interface WhoYouAreDialogProps {
  hasPasskey: boolean;
  onAnswer: (isConfirmed: boolean) => void;
}

/** The server wants to know that it is still the same person at the browser. */
export function WhoYouAreDialog({ hasPasskey, onAnswer }: WhoYouAreDialogProps) {
  const [password, setPassword] = useState('');
  const confirmation = useMutation({
    mutationFn: async (by: 'password' | 'passkey') => {
      if (by === 'password') return call(confirmMyself, { body: { password } });
      const { options } = await call(beginConfirmation);
      return call(confirmMyself, { body: { passkey: await showPasskey(options) } });
    },
    onSuccess: () => onAnswer(true),
    onError: () => setPassword(''),
  });
  const messages = fieldMessages(confirmation.error, ['password']);
  const wrong = password === '' ? messages.of('password') : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!confirmation.isPending) confirmation.mutate('password');
  };
  return (
    <Dialog isOpen title="Is it you?" onClose={() => onAnswer(false)}>
      <form className={classes.stack} onSubmit={submit}>
        <p>You signed in a while ago. Before your second factors change, show that it is still you.</p>
        <ProblemNote error={messages.general} title="That did not work" />
        <PasswordInput
          {...requiredField('Your password')}
          name="password"
          autoComplete="current-password"
          data-autofocus
          required
          maxLength={128}
          value={password}
          error={wrong}
          aria-invalid={wrong !== null}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        />
        <DialogActions>
          {hasPasskey && canUsePasskeys() && (
            <Button
              variant="default"
              leftSection={<IconKey size={16} aria-hidden />}
              disabled={confirmation.isPending}
              onClick={() => confirmation.mutate('passkey')}
            >
              Use a passkey
            </Button>
          )}
          <Button type="submit" loading={confirmation.isPending}>
            Go on
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
