import { Button, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { addPasskey, beginPasskey, type Passkey, renamePasskey } from '../../../contracts/second-factor.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { makePasskey } from '../../lib/passkey.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { requiredField } from '../../ui/required.tsx';
import sections from '../../ui/sections.module.css';
import { useFactorChange } from './use-factor-change.ts';

/** A name for the new passkey, then the browser's own question. */
export function AddPasskeyDialog({ onClose }: { onClose: () => void }) {
  const [error, setError] = useState<Error | null>(null);
  const addition = useFactorChange(
    async (name: string) => {
      const { options } = await call(beginPasskey);
      return call(addPasskey, { body: { name, passkey: await makePasskey(options) } });
    },
    {
      onDone: (name) => {
        onClose();
        notifyDone(`The passkey “${name}” is added.`);
      },
      onError: setError,
    },
  );
  return (
    <NameDialog
      title="Add a passkey"
      words="Add"
      initial=""
      error={error}
      problemTitle="The passkey was not added"
      isPending={addition.isPending}
      onTyped={() => setError(null)}
      onName={(name) => addition.mutate(name)}
      onClose={onClose}
    >
      <p>Give it a name by which you know it again. Your browser then asks where to keep it.</p>
    </NameDialog>
  );
}

export function RenamePasskeyDialog({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const [error, setError] = useState<Error | null>(null);
  const renaming = useFactorChange(
    (name: string) => call(renamePasskey, { params: { id: passkey.id }, body: { name } }),
    { onDone: onClose, onError: setError },
  );
  return (
    <NameDialog
      title={`Rename the passkey “${passkey.name}”`}
      words="Rename"
      initial={passkey.name}
      error={error}
      problemTitle="The passkey was not renamed"
      isPending={renaming.isPending}
      onTyped={() => setError(null)}
      onName={(name) => renaming.mutate(name)}
      onClose={onClose}
    />
  );
}

interface NameDialogProps {
  title: string;
  /** Of the acting button. */
  words: string;
  initial: string;
  error: Error | null;
  problemTitle: string;
  isPending: boolean;
  onTyped: () => void;
  onName: (name: string) => void;
  onClose: () => void;
  children?: ReactNode;
}

function NameDialog(props: NameDialogProps) {
  const { title, words, initial, error, problemTitle, isPending, onTyped, onName, onClose, children } = props;
  const [name, setName] = useState(initial);
  const messages = fieldMessages(error, ['name']);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isPending) onName(name.trim());
  };
  return (
    <Dialog isOpen title={title} onClose={onClose}>
      <form className={sections.stack} onSubmit={submit}>
        {children}
        <ProblemNote error={messages.general} title={problemTitle} />
        <TextInput
          {...requiredField('Name')}
          placeholder="Work laptop"
          autoComplete="off"
          data-autofocus
          required
          maxLength={100}
          value={name}
          error={messages.of('name')}
          onChange={(event) => {
            onTyped();
            setName(event.currentTarget.value);
          }}
        />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isPending}>
            {words}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
