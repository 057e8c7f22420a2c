import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { Role } from '../../../contracts/endpoint.ts';
import { invitePerson } from '../../../contracts/person.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { LanguageSelect } from '../../ui/language-select.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { requiredField } from '../../ui/required.tsx';
import classes from '../../ui/sections.module.css';
import { usePeopleChange } from './people-query.ts';
import { RoleChoice } from './role-choice.tsx';

/** Invites somebody by mail: the address, the role, and what is known already. */
export function InviteDialog({ onClose }: { onClose: () => void }) {
  const [draft, setDraft] = useState({ email: '', name: '', role: 'viewer' as Role, language: null as string | null });
  const invitation = usePeopleChange<typeof draft>({
    act: (body) => call(invitePerson, { body: { ...body, email: body.email.trim() } }),
    onDone: ({ email }) => {
      notifyDone(`An invitation is on its way to ${email.trim()}.`);
      onClose();
    },
  });
  const messages = fieldMessages(invitation.error, ['email', 'name', 'role']);
  const change = (changed: Partial<typeof draft>) => setDraft({ ...draft, ...changed });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!invitation.isPending) invitation.mutate(draft);
  };
  return (
    <Dialog isOpen title="Invite a user" onClose={onClose} isSticky={draft.email !== '' || draft.name !== ''}>
      <form className={classes.stack} onSubmit={submit}>
        <p>They get a mail with a link, and choose their password themselves. The link works once, for 7 days.</p>
        <ProblemNote error={messages.general} title="Nobody was invited" />
        <TextInput
          {...requiredField('E-mail address')}
          type="email"
          autoComplete="off"
          data-autofocus
          required
          value={draft.email}
          error={messages.of('email')}
          onChange={(event) => change({ email: event.currentTarget.value })}
        />
        <TextInput
          label="Name"
          description="They can change it."
          autoComplete="off"
          maxLength={100}
          value={draft.name}
          error={messages.of('name')}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <RoleChoice value={draft.role} onChange={(role) => change({ role })} error={messages.of('role')} />
        <LanguageSelect value={draft.language} onChange={(language) => change({ language })} />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={invitation.isPending}>
            Invite
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
