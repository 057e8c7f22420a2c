import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReplyOf } from '../../../contracts/endpoint.ts';
import { createSandboxSettings, type readSandbox } from '../../../contracts/sandbox.ts';
import { call } from '../../lib/call.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { ListenState } from './listen-state.tsx';
import { sandboxQuery } from './sandbox-queries.ts';

/** The empty inbox teaches its use: make settings that point here, then send a test. */
export function NoMessages({ sandbox }: { sandbox: ReplyOf<typeof readSandbox> }) {
  const queryClient = useQueryClient();
  const reason = useReasonWhyNot(createSandboxSettings);
  const creation = useMutation({
    mutationFn: () => call(createSandboxSettings),
    onSuccess: (settings) => {
      queryClient.setQueryData(sandboxQuery.queryKey, (old) => old && { ...old, smtpSettingsId: settings.id });
      void queryClient.invalidateQueries({ queryKey: ['smtp-settings'] });
    },
  });
  const id = sandbox.smtpSettingsId;
  const action =
    id !== null ? (
      <Button component={Link} to={`/setup/extensibility/smtp-settings/${id}`}>
        Go to the Sandbox settings
      </Button>
    ) : (
      <Button disabled={reason !== null} loading={creation.isPending} onClick={() => creation.mutate()}>
        Make Sandbox settings
      </Button>
    );
  return (
    <EmptyState isPage title="The sandbox is empty" {...(sandbox.isListening ? { action } : {})}>
      <p>
        The sandbox takes every message that is sent to it and forwards none: the place to try settings, templates and
        programs without mailing anybody.
      </p>
      <ListenState sandbox={sandbox} />
      {sandbox.isListening && id === null && (
        <p>Make settings that point here with one click, then press “Send a test email” on them.</p>
      )}
      {sandbox.isListening && id !== null && (
        <p>The settings that point here are ready. Open them and press “Send a test email”; it appears here at once.</p>
      )}
      {id === null && reason !== null && <p>{reason}</p>}
      <ProblemNote error={creation.error} title="The settings were not made" />
    </EmptyState>
  );
}
