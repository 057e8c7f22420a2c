import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { createSandboxSettings } from '../../../contracts/sandbox.ts';
import { call } from '../../lib/call.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { keepSettings } from './smtp-settings-queries.ts';

interface FirstUseProps {
  whyNotAdd: string | null;
  onAdd: () => void;
  onSelect: (id: string) => void;
}

/** The empty list explains itself, and offers the two ways to begin. */
export function FirstUse({ whyNotAdd, onAdd, onSelect }: FirstUseProps) {
  const queryClient = useQueryClient();
  const sandbox = useMutation({
    mutationFn: () => call(createSandboxSettings),
    onSuccess: (settings) => {
      keepSettings(queryClient, settings);
      onSelect(settings.id);
    },
  });
  return (
    <EmptyState
      title="No SMTP settings yet"
      action={
        whyNotAdd === null ? (
          <>
            <Button onClick={onAdd}>Add your mail server</Button>
            <Button variant="default" onClick={() => sandbox.mutate()} loading={sandbox.isPending}>
              Try the sandbox
            </Button>
          </>
        ) : undefined
      }
    >
      <p>
        SMTP settings name an outgoing mail server: where it is, how to sign in, and which sender it uses. With one of
        them, Postern can send password resets, invitations, alerts and invoices.
      </p>
      {whyNotAdd === null ? (
        <p>
          The sandbox is a server inside Postern that catches every message and forwards none: try everything without
          mailing anybody.
        </p>
      ) : (
        <p>{whyNotAdd}</p>
      )}
      <ProblemNote error={sandbox.error} title="The sandbox settings were not made" />
    </EmptyState>
  );
}
