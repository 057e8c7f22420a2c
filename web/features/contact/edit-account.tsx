import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { type Account, changeAccount } from '../../../contracts/account.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { CodeInput } from '../../ui/code-input.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { requiredField } from '../../ui/required.tsx';
import { accountQuery } from './account-queries.ts';

/** Refused when somebody else saved in between: nothing of theirs is overwritten unseen. */
export function EditAccount({ account, onClose }: { account: Account; onClose: () => void }) {
  const queryClient = useQueryClient();
  const id = useId();
  const { number, name, currency, language, status } = account;
  const [before] = useState({ number, name, currency, language, status });
  const [draft, setDraft] = useState(before);
  const saving = useMutation({
    mutationFn: () => call(changeAccount, { params: { id: account.id }, body: { ...draft, version: account.version } }),
    onSuccess: async (saved) => {
      queryClient.setQueryData(accountQuery(account.id).queryKey, saved);
      notifyDone('Saved.');
      onClose();
      await queryClient.invalidateQueries({ queryKey: ['accounts'] });
    },
  });
  const { of, general } = fieldMessages(saving.error, ['number', 'name', 'currency', 'language']);
  const bind = (field: 'number' | 'name' | 'currency' | 'language') => ({
    value: draft[field],
    error: of(field),
    onChange: (event: { currentTarget: { value: string } }) =>
      setDraft({ ...draft, [field]: event.currentTarget.value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!saving.isPending) saving.mutate();
  };
  return (
    <Dialog
      isOpen
      title={`Edit “${account.name}”`}
      onClose={onClose}
      isSticky={JSON.stringify(draft) !== JSON.stringify(before)}
    >
      <form onSubmit={submit} className={look.form} noValidate>
        <ProblemNote error={general} title="Not saved" />
        <TextInput {...requiredField('Name')} data-autofocus maxLength={200} {...bind('name')} />
        <TextInput {...requiredField('Number')} maxLength={60} {...bind('number')} />
        <div className={look.pair}>
          <CodeInput of="currency" {...requiredField('Currency')} {...bind('currency')} />
          <CodeInput of="language" {...requiredField('Language')} {...bind('language')} />
        </div>
        <div>
          <span id={id}>State</span>
          <SegmentedControl
            fullWidth
            aria-labelledby={id}
            data={[
              { value: 'active', label: 'Active' },
              { value: 'closed', label: 'Closed: nothing is mailed' },
            ]}
            value={draft.status}
            onChange={(value) => setDraft({ ...draft, status: value === 'closed' ? 'closed' : 'active' })}
          />
        </div>
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={saving.isPending}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
