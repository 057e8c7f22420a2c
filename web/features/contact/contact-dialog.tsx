import { Button, Checkbox, Switch, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import {
  type Account,
  type Contact,
  type ContactKind,
  changeContact,
  contactKinds,
  createContact,
} from '../../../contracts/account.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { CodeInput } from '../../ui/code-input.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { requiredField } from '../../ui/required.tsx';
import classes from './contact-dialog.module.css';

interface ContactDialogProps {
  account: Account;
  /** Null: a new one. */
  contact: Contact | null;
  /** The first of its account is most likely whoever gets the invoices. */
  isFirst?: boolean;
  onClose: () => void;
}

interface ContactDraft {
  name: string;
  address: string;
  kinds: ContactKind[];
  primary_for: ContactKind[];
  language: string;
  is_active: boolean;
}

const kindWords: Record<ContactKind, string> = {
  billing: 'Billing: gets the invoices',
  technical: 'Technical: about the service',
  general: 'General: everything else',
};

const inOrder = (kinds: readonly string[]) => contactKinds.filter((kind) => kinds.includes(kind));

/** Adds a contact, or changes one; refused when somebody else saved in between. */
export function ContactDialog({ account, contact, isFirst = false, onClose }: ContactDialogProps) {
  const queryClient = useQueryClient();
  const [before] = useState<ContactDraft>(() =>
    contact === null
      ? {
          name: '',
          address: '',
          kinds: [isFirst ? 'billing' : 'general'],
          primary_for: [],
          language: '',
          is_active: true,
        }
      : { ...contact, language: contact.language ?? '' },
  );
  const [draft, setDraft] = useState(before);
  const change = (part: Partial<ContactDraft>) => setDraft({ ...draft, ...part });
  const saving = useMutation({
    mutationFn: () => {
      const { name, address, kinds, primary_for, is_active } = draft;
      const language = draft.language.trim() === '' ? null : draft.language.trim();
      const body = { name, address, kinds, primary_for, language, is_active };
      if (contact !== null) {
        return call(changeContact, { params: { id: contact.id }, body: { ...body, version: contact.version } });
      }
      // Nothing said: the server makes the first one of a kind its first choice.
      const { primary_for: chosen, ...others } = body;
      return call(createContact, {
        params: { id: account.id },
        body: chosen.length === 0 ? others : body,
      });
    },
    onSuccess: async (saved) => {
      notifyDone(contact === null ? `“${saved.name || saved.address}” was added.` : 'Saved.');
      onClose();
      await queryClient.invalidateQueries({ queryKey: ['accounts'] });
    },
  });
  const { of, general } = fieldMessages(saving.error, ['name', 'address', 'kinds', 'primary_for', 'language']);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!saving.isPending) saving.mutate();
  };
  const title = contact === null ? `Add a contact to “${account.name}”` : `Edit “${contact.name || contact.address}”`;
  return (
    <Dialog isOpen title={title} onClose={onClose} isSticky={JSON.stringify(draft) !== JSON.stringify(before)}>
      <form onSubmit={submit} className={look.form} noValidate>
        <ProblemNote error={general} title="Not saved" />
        <TextInput
          label="Name"
          data-autofocus
          maxLength={200}
          value={draft.name}
          error={of('name')}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <TextInput
          {...requiredField('E-mail address')}
          type="email"
          value={draft.address}
          error={of('address')}
          onChange={(event) => change({ address: event.currentTarget.value })}
        />
        <Checkbox.Group
          label="Kinds"
          value={draft.kinds}
          error={of('kinds')}
          onChange={(values) =>
            change({ kinds: inOrder(values), primary_for: draft.primary_for.filter((kind) => values.includes(kind)) })
          }
        >
          <div className={classes.kinds}>
            {contactKinds.map((kind) => (
              <Checkbox key={kind} value={kind} label={kindWords[kind]} />
            ))}
          </div>
        </Checkbox.Group>
        <Checkbox.Group
          label="First choice for"
          description="Takes the place of whoever was. All billing contacts get invoices, first choice or not."
          value={draft.primary_for}
          error={of('primary_for')}
          onChange={(values) => change({ primary_for: inOrder(values) })}
        >
          <div className={classes.row}>
            {contactKinds.map((kind) => (
              <Checkbox key={kind} value={kind} label={kind} disabled={!draft.kinds.includes(kind)} />
            ))}
          </div>
        </Checkbox.Group>
        <CodeInput
          of="language"
          label="Language"
          placeholder={`the account’s (${account.language})`}
          value={draft.language}
          error={of('language')}
          onChange={(event) => change({ language: event.currentTarget.value })}
        />
        <Switch
          label="Active"
          description="Nothing is mailed to those who are not."
          checked={draft.is_active}
          onChange={(event) => change({ is_active: event.currentTarget.checked })}
        />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={saving.isPending}>
            {contact === null ? 'Add contact' : 'Save'}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
