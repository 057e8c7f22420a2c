import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { confirmTotp } from '../../../contracts/second-factor.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { requiredField } from '../../ui/required.tsx';
import sections from '../../ui/sections.module.css';
import { groupSecret } from './group-secret.ts';
import { QrCode } from './qr-code.tsx';
import classes from './second-factor.module.css';
import { useFactorChange } from './use-factor-change.ts';

interface TotpDialogProps {
  /** For the QR code, and the same to type. */
  begun: { uri: string; secret: string };
  onClose: () => void;
}

/** Scan or type the secret, then a code proves that the app has it. Nothing is on before. */
export function TotpDialog({ begun, onClose }: TotpDialogProps) {
  const [code, setCode] = useState('');
  const [error, setError] = useState<Error | null>(null);
  const confirmation = useFactorChange(() => call(confirmTotp, { body: { code } }), {
    onDone: () => {
      onClose();
      notifyDone('The authenticator app is on.');
    },
    onError: setError,
  });
  const messages = fieldMessages(error, ['code']);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!confirmation.isPending) confirmation.mutate();
  };
  return (
    <Dialog isOpen isSticky title="Set up an authenticator app" onClose={onClose}>
      <form className={sections.stack} onSubmit={submit}>
        <ProblemNote error={messages.general} title="The app was not set up" />
        <ol className={classes.steps}>
          <li>
            <p>In the app, add an account by scanning this:</p>
            <QrCode text={begun.uri} label="QR code with the secret of the authenticator app" />
          </li>
          <li>
            <p>It cannot scan? Type or copy this key instead:</p>
            <div className={classes.secret}>
              <span className="postern-words" data-testid="totp-secret">
                {groupSecret(begun.secret)}
              </span>
              <CopyButton isIcon label="Copy key" text={begun.secret} />
            </div>
          </li>
          <li>
            <TextInput
              {...requiredField('The six digits that the app shows now')}
              name="code"
              autoComplete="one-time-code"
              inputMode="numeric"
              data-autofocus
              required
              maxLength={20}
              value={code}
              error={messages.of('code')}
              onChange={(event) => {
                setError(null);
                setCode(event.currentTarget.value);
              }}
            />
          </li>
        </ol>
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={confirmation.isPending}>
            Turn on
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
