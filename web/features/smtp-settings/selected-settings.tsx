import { Skeleton, Stack } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { memo, type ReactNode, type RefObject, useEffect } from 'react';
import type { Me } from '../../../contracts/access.ts';
import type { SmtpSettings } from '../../../contracts/smtp-settings.ts';
import { ProblemError } from '../../lib/call.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import classes from './edit-panel.module.css';
import { EditPanel } from './edit-panel.tsx';
import { permissionsFor } from './permissions.ts';
import { dropFromList, keepInList, settingsQuery } from './smtp-settings-queries.ts';
import type { TestBench } from './use-test.ts';

interface SelectedSettingsProps {
  id: string;
  me: Me;
  bench: TestBench;
  onCreated: (settings: SmtpSettings) => void;
  isJustAdded: boolean;
  /** Kept true while the form holds changes that are not saved. */
  unsaved: RefObject<boolean>;
  /** Shown above the form where the list is out of sight. */
  actions: ReactNode;
}

/**
 * Reads the selected settings afresh (the list does not have all of them), and says when they are gone; then nothing that
 * was typed goes with them. Memoised: typing in the Filter box draws the list, not the form.
 */
export const SelectedSettings = memo(function SelectedSettings(props: SelectedSettingsProps) {
  const { id, me, bench, onCreated, isJustAdded, unsaved, actions } = props;
  const queryClient = useQueryClient();
  const isNarrow = useIsNarrow();
  const one = useQuery(settingsQuery(id));
  const { data, error } = one;
  const status = error instanceof ProblemError ? error.problem.statusCode : null;
  const isGone = status === 404;
  useEffect(() => {
    if (isGone) dropFromList(queryClient, id);
    else if (data) keepInList(queryClient, data);
  }, [queryClient, id, data, isGone]);

  const nothing = (
    <EmptyState
      title="These SMTP settings do not exist"
      isPage={isNarrow}
      action={<Link to="/setup/extensibility/smtp-settings">Show the list</Link>}
    >
      <p>They may have been deleted in the meantime, or the address is mistyped.</p>
    </EmptyState>
  );
  // What was read once stays, with the form that may hold changes, though a later reading finds nothing.
  if (data)
    return (
      <EditPanel
        key={id}
        saved={data}
        me={me}
        permissions={permissionsFor(me, data)}
        bench={bench}
        onCreated={onCreated}
        isJustAdded={isJustAdded}
        isGone={isGone}
        whenGone={nothing}
        unsaved={unsaved}
        actions={actions}
      />
    );
  if (status === 404 || status === 422 || status === 400) return nothing;
  if (error) return <ProblemNote error={error} title="Not loaded" onRetry={() => void one.refetch()} />;
  return (
    <Stack p="md" gap="lg" maw={600} className={classes.loading ?? ''} aria-busy aria-label="Loading">
      <Skeleton height={24} width={200} />
      {[1, 2, 3, 4, 5].map((line) => (
        <Skeleton key={line} height={36} />
      ))}
    </Stack>
  );
});
