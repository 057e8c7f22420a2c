import { Button, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { createAccount } from '../../../contracts/account.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { CodeInput } from '../../ui/code-input.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { requiredField } from '../../ui/required.tsx';

const empty = { number: '', name: '', currency: 'EUR', language: 'en', billing: '' };

/** Number, name and whoever gets the invoices; the rest can follow on the account's page. */
export function AddAccount({ onClose }: { onClose: () => void }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(empty);
  const { number, name, currency, language, billing } = draft;
  const creation = useMutation({
    mutationFn: () =>
      call(createAccount, {
        body: {
          number,
          name,
          currency,
          language,
          contacts: billing.trim() === '' ? [] : [{ address: billing.trim(), kinds: ['billing'] }],
        },
      }),
    onSuccess: async (account) => {
      await queryClient.invalidateQueries({ queryKey: ['accounts'] });
      notifyDone(`“${account.name}” was added.`);
      onClose();
      await navigate({ to: '/accounts/$id', params: { id: account.id }, search: (current) => current });
    },
  });
  const { of, general } = fieldMessages(creation.error, ['number', 'name', 'currency', 'language', 'contacts.0']);
  const bind = (field: keyof typeof empty) => ({
    value: draft[field],
    onChange: (event: { currentTarget: { value: string } }) =>
      setDraft({ ...draft, [field]: event.currentTarget.value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!creation.isPending) creation.mutate();
  };
  return (
    <Dialog isOpen title="Add account" onClose={onClose} isSticky={number !== '' || name !== ''}>
      <form onSubmit={submit} className={look.form} noValidate>
        <ProblemNote error={general} title="The account was not added" />
        <TextInput
          {...requiredField('Number')}
          description="As your other systems call it, such as a customer number."
          data-autofocus
          maxLength={60}
          error={of('number')}
          {...bind('number')}
        />
        <TextInput {...requiredField('Name')} maxLength={200} error={of('name')} {...bind('name')} />
        <div className={look.pair}>
          <CodeInput of="currency" {...requiredField('Currency')} error={of('currency')} {...bind('currency')} />
          <CodeInput of="language" {...requiredField('Language')} error={of('language')} {...bind('language')} />
        </div>
        <TextInput
          label="Billing contact"
          description="The e-mail address that gets the invoices. More contacts can be added afterwards."
          type="email"
          error={of('contacts.0')}
          {...bind('billing')}
        />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={creation.isPending}>
            Add account
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
