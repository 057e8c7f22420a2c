import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { createApiKey, scopes } from '../../../contracts/access.ts';
import type { Scope } from '../../../contracts/endpoint.ts';
import { call, ProblemError } from '../../lib/call.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { Note } from '../../ui/note.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { requiredField } from '../../ui/required.tsx';
import classes from './add-api-key.module.css';
import { scopeWords } from './scope-words.ts';

const lives = [
  { value: '', label: 'Never' },
  { value: '30', label: 'After 30 days' },
  { value: '90', label: 'After 90 days' },
  { value: '365', label: 'After a year' },
];

/** The dialog that makes a key and then shows it, the only time it can be seen. */
export function AddApiKey({ onClose }: { onClose: () => void }) {
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<Scope[]>(['send']);
  const [days, setDays] = useState('');
  const creation = useMutation({
    mutationFn: () =>
      call(createApiKey, { body: { name, scopes: chosen, expiresInDays: days === '' ? null : Number(days) } }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['api-keys'] }),
    // The key is not kept in memory after the dialog is gone.
    gcTime: 0,
  });
  if (creation.data !== undefined) {
    return <ShowApiKey name={creation.data.name} apiKey={creation.data.key} onClose={onClose} />;
  }
  const problem = creation.error instanceof ProblemError ? creation.error : null;
  const nameProblem = problem?.fieldMessage('name') ?? null;
  const scopesProblem = problem?.fieldMessage('scopes') ?? null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!creation.isPending) creation.mutate();
  };
  return (
    <Dialog isOpen title="Add API key" onClose={onClose} isSticky={name !== ''}>
      <form onSubmit={submit} className={classes.form}>
        {nameProblem === null && scopesProblem === null && (
          <ProblemNote error={creation.error} title="The key was not created" />
        )}
        <TextInput
          {...requiredField('Name')}
          description="The program that will use it, such as “billing”."
          data-autofocus
          required
          maxLength={100}
          value={name}
          error={nameProblem}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Checkbox.Group
          label="Scopes"
          description="What the key may do. Choose as little as will do."
          error={scopesProblem}
          value={chosen}
          onChange={(values) => setChosen(scopes.filter((scope) => values.includes(scope)))}
        >
          <div className={classes.scopes}>
            {(Object.keys(scopeWords) as Scope[]).map((scope) => (
              <Checkbox key={scope} value={scope} label={scope} description={scopeWords[scope]} />
            ))}
          </div>
        </Checkbox.Group>
        <NativeSelect
          label="Stops working"
          data={lives}
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
        />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={creation.isPending} disabled={chosen.length === 0}>
            Create key
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function ShowApiKey({ name, apiKey, onClose }: { name: string; apiKey: string; onClose: () => void }) {
  return (
    <Dialog isOpen title={`The key of “${name}”`} onClose={onClose} isSticky>
      <Note kind="plain" title="This is the only time it is shown">
        Copy it now to where the program reads it. Postern keeps only a hash; a lost key is revoked and made anew.
      </Note>
      <div className={`postern-words ${classes.key}`} data-testid="api-key">
        {apiKey}
      </div>
      <DialogActions>
        <CopyButton text={apiKey} label="Copy key" />
        <Button size="xs" onClick={onClose}>
          I have copied it
        </Button>
      </DialogActions>
    </Dialog>
  );
}
