import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type ApiKey, createApiKey, deleteApiKey, listApiKeys } from '../../../contracts/access.ts';
import { call } from '../../lib/call.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import classes from '../../ui/table.module.css';
import { AddApiKey } from './add-api-key.tsx';
import { ApiKeyTable } from './api-key-table.tsx';

/** The keys of programs: made with scopes, shown once, revoked at once. */
export function ApiKeysPage() {
  usePageTitle('API Keys');
  const reason = useReasonWhyNot(createApiKey);
  if (reason !== null) {
    return (
      <EmptyState isPage title="API keys">
        <p>API keys let programs use Postern. {reason} Ask one of them for a key.</p>
      </EmptyState>
    );
  }
  return <ApiKeyList />;
}

function ApiKeyList() {
  const queryClient = useQueryClient();
  const [isAdding, setAdding] = useState(false);
  const keys = useQuery({ queryKey: ['api-keys'], queryFn: ({ signal }) => call(listApiKeys, { signal }) });
  const revoke = useMutation({
    mutationFn: (key: ApiKey) => call(deleteApiKey, { params: { id: key.id } }),
    onSuccess: (_, key) => notifyDone(`“${key.name}” was revoked.`),
    onError: notifyProblem,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['api-keys'] }),
  });
  const askRevoke = async (key: ApiKey) => {
    const title = `Revoke the API key “${key.name}”?`;
    const body = <p>Every program that uses {key.hint} is refused from now on. This cannot be undone.</p>;
    if (await askYesNo({ title, children: body })) revoke.mutate(key);
  };
  const add = <Button onClick={() => setAdding(true)}>Add API key</Button>;
  const isEmpty = keys.data?.data.length === 0;
  return (
    <div className={classes.page}>
      {isEmpty ? (
        <EmptyState isPage title="No API keys yet" action={add}>
          <p>
            A program needs a key to use Postern’s HTTP API: one for each program, so that each can be revoked alone.
            The API is described at <a href="/docs">/docs</a>.
          </p>
        </EmptyState>
      ) : (
        <>
          <div className={classes.head}>
            <h1>API Keys</h1>
            {add}
          </div>
          <p className={classes.intro}>
            One for each program, so that each can be revoked alone. Programs send it as{' '}
            <code className="postern-words">Authorization: Bearer …</code>; the API is described at{' '}
            <a href="/docs">/docs</a>.
          </p>
        </>
      )}
      <ProblemNote error={keys.error} title="The keys could not be loaded" onRetry={() => keys.refetch()} />
      {keys.isPending && <Loading height={120} />}
      {keys.data !== undefined && !isEmpty && (
        <ApiKeyTable
          keys={keys.data.data}
          revokingId={revoke.isPending ? revoke.variables.id : null}
          onRevoke={askRevoke}
        />
      )}
      {isAdding && <AddApiKey onClose={() => setAdding(false)} />}
    </div>
  );
}
