import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { duplicateTemplate, type Template, type TemplateSummary } from '../../../contracts/template.ts';
import { call, ProblemError } from '../../lib/call.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { requiredField } from '../../ui/required.tsx';
import classes from './template-panel.module.css';

interface DuplicateDialogProps {
  template: TemplateSummary;
  onClose: () => void;
  onMade: (template: Template) => void;
}

/** A new template with the same content, under a key of its own. */
export function DuplicateDialog({ template, onClose, onMade }: DuplicateDialogProps) {
  const [name, setName] = useState(`${template.name} (copy)`.slice(0, 100));
  const [key, setKey] = useState(`${template.key.slice(0, 59)}-copy`);
  const copy = useMutation({
    mutationFn: () => call(duplicateTemplate, { params: { id: template.id }, body: { key: key.trim(), name } }),
    onSuccess: onMade,
  });
  const problem = copy.error instanceof ProblemError ? copy.error : null;
  const hasField = problem?.fieldMessage('key') !== undefined || problem?.fieldMessage('name') !== undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!copy.isPending) copy.mutate();
  };
  return (
    <Dialog isOpen title={`Duplicate “${template.name}”`} onClose={onClose}>
      <form onSubmit={submit} noValidate className={classes.fields}>
        <p>Everything that is saved of it is taken over; its versions are not.</p>
        <TextInput
          {...requiredField('Name')}
          value={name}
          error={problem?.fieldMessage('name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          {...requiredField('Key')}
          description="Programs name the template by it."
          value={key}
          spellCheck={false}
          data-autofocus
          error={problem?.fieldMessage('key')}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        {!hasField && <ProblemNote error={copy.error} title="Not duplicated" />}
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={copy.isPending}>
            Duplicate
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
