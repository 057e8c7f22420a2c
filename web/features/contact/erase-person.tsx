import { Button, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { erasePersonalData } from '../../../contracts/personal-data.ts';
import { call } from '../../lib/call.ts';
import { formatCount } from '../../lib/money.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';

/** Cannot be undone, and reaches further than one account: the address has to be typed. */
export function ErasePerson({ address, onClose }: { address: string; onClose: () => void }) {
  const queryClient = useQueryClient();
  const [typed, setTyped] = useState('');
  const erasure = useMutation({
    mutationFn: () => call(erasePersonalData, { body: { address } }),
    onSuccess: () => queryClient.invalidateQueries(),
  });
  if (erasure.data !== undefined) {
    const { placeholder, contacts, messages } = erasure.data;
    return (
      <Dialog isOpen title="Erased" onClose={onClose}>
        <p>
          {formatCount(contacts)} {contacts === 1 ? 'contact was' : 'contacts were'} deleted, and the address was taken
          out of {formatCount(messages)} {messages === 1 ? 'message' : 'messages'}. The log has{' '}
          <span className="postern-words">{placeholder}</span> in its place.
        </p>
        <DialogActions>
          <Button onClick={onClose}>Close</Button>
        </DialogActions>
      </Dialog>
    );
  }
  const isSame = typed.trim().toLowerCase() === address.toLowerCase();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isSame && !erasure.isPending) erasure.mutate();
  };
  return (
    <Dialog isOpen title={`Erase ${address}?`} onClose={onClose}>
      <form onSubmit={submit} className={look.form}>
        <div>
          <p>
            The contacts with this address are deleted, in every account. In the message log a placeholder takes the
            place of address and name, and what the messages said is deleted. That something was sent, when and with
            which result stays; so do the invoices, which the law wants kept.
          </p>
          <p>This cannot be undone. That it was done is recorded.</p>
        </div>
        <ProblemNote error={erasure.error} title="Nothing was erased" />
        <TextInput
          label="Type the address to confirm"
          type="email"
          autoComplete="off"
          data-autofocus
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color="red" disabled={!isSame} loading={erasure.isPending}>
            Erase
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
