import { Skeleton, Stack } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { memo, type ReactNode, useEffect } from 'react';
import type { Me } from '../../../contracts/access.ts';
import { ProblemError } from '../../lib/call.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { EditPanel } from './edit-panel.tsx';
import { permissionsFor } from './permissions.ts';
import { allSettingsQuery, keepInList, settingsQuery } from './smtp-settings-queries.ts';
import type { TestBench } from './use-test.ts';

interface SelectedSettingsProps {
  id: string;
  me: Me;
  bench: TestBench;
  isJustAdded: boolean;
  /** Shown above the form where the list is out of sight. */
  actions: ReactNode;
}

/**
 * Shows at once what the list knows of the selected settings, reads them afresh, and says when they are gone.
 * Memoised: typing in the Filter box draws the list, not the form.
 */
export const SelectedSettings = memo(function SelectedSettings(props: SelectedSettingsProps) {
  const { id, me, bench, isJustAdded, actions } = props;
  const queryClient = useQueryClient();
  const one = useQuery({
    ...settingsQuery(id),
    initialData: () => queryClient.getQueryData(allSettingsQuery.queryKey)?.find((each) => each.id === id),
    initialDataUpdatedAt: 0,
  });
  const { data, error } = one;
  useEffect(() => {
    if (data) keepInList(queryClient, data);
  }, [queryClient, data]);

  if (error instanceof ProblemError && [404, 422, 400].includes(error.problem.statusCode))
    return (
      <EmptyState
        title="These SMTP settings do not exist"
        action={<Link to="/setup/extensibility/smtp-settings">Show the list</Link>}
      >
        <p>They may have been deleted in the meantime, or the address is mistyped.</p>
      </EmptyState>
    );
  if (data)
    return (
      <EditPanel
        key={id}
        saved={data}
        me={me}
        permissions={permissionsFor(me, data)}
        bench={bench}
        onCreated={() => {}}
        isJustAdded={isJustAdded}
        actions={actions}
      />
    );
  if (error) return <ProblemNote error={error} title="Not loaded" onRetry={() => void one.refetch()} />;
  return (
    <Stack p="md" gap="lg" maw={600} aria-busy aria-label="Loading">
      <Skeleton height={24} width={200} />
      {[1, 2, 3, 4, 5].map((line) => (
        <Skeleton key={line} height={36} />
      ))}
    </Stack>
  );
});
