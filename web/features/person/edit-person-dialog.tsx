import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { changePerson, type Person } from '../../../contracts/person.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { LanguageSelect } from '../../ui/language-select.tsx';
import { Note } from '../../ui/note.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { requiredField } from '../../ui/required.tsx';
import classes from '../../ui/sections.module.css';
import { nameOf } from './name-of.ts';
import { usePeopleChange } from './people-query.ts';
import { lastAdministratorWords } from './reason-why-not.ts';
import { RoleChoice } from './role-choice.tsx';

/** Role, name and language of somebody. */
export function EditPersonDialog({ person, onClose }: { person: Person; onClose: () => void }) {
  const before = { name: person.name, role: person.role, language: person.language };
  const [draft, setDraft] = useState(before);
  const isRoleChanged = draft.role !== before.role;
  const saving = usePeopleChange<typeof draft>({
    act: ({ name, ...rest }) =>
      // Who is invited and has said no name yet has none to send.
      call(changePerson, { params: { id: person.id }, body: { ...rest, ...(name !== before.name && { name }) } }),
    onDone: () => {
      notifyDone(`${nameOf({ ...person, ...draft })} was saved.`);
      onClose();
    },
  });
  const messages = fieldMessages(saving.error, ['name', 'role']);
  const change = (changed: Partial<typeof draft>) => setDraft({ ...draft, ...changed });
  const isChanged = JSON.stringify(draft) !== JSON.stringify(before);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!saving.isPending && isChanged) saving.mutate(draft);
  };
  return (
    <Dialog isOpen title={`Edit ${nameOf(person)}`} onClose={onClose} isSticky={isChanged}>
      <form className={classes.stack} onSubmit={submit}>
        <p>{person.email}</p>
        <ProblemNote error={messages.general} title="Nothing was changed" />
        <RoleChoice
          value={draft.role}
          onChange={(role) => change({ role })}
          error={messages.of('role')}
          closedReason={person.isLastAdministrator ? lastAdministratorWords : null}
        />
        {isRoleChanged && person.sessionCount > 0 && (
          <Note kind="waiting">
            {person.isYou
              ? 'You are signed out, and sign in anew with this role.'
              : `${nameOf(person)} is signed out, and signs in anew with this role.`}
          </Note>
        )}
        <TextInput
          {...(before.name === '' ? { label: 'Name' } : requiredField('Name'))}
          autoComplete="off"
          maxLength={100}
          required={before.name !== ''}
          value={draft.name}
          error={messages.of('name')}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <LanguageSelect value={draft.language} onChange={(language) => change({ language })} />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={saving.isPending} disabled={!isChanged}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
