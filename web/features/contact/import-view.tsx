import { Button, Progress } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import {
  type ContactImport,
  cancelContactImport,
  readContactImportFaults,
  uploadContactImport,
} from '../../../contracts/contact-import.ts';
import { call, ProblemError, urlOf } from '../../lib/call.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { formatCount } from '../../lib/money.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { Note } from '../../ui/note.tsx';
import { notifyProblem } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { sizeWords } from '../../ui/size-words.ts';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { ImportCheck } from './import-check.tsx';
import { ImportMapping } from './import-mapping.tsx';
import { importQuery, isAtWork } from './import-queries.ts';
import { ImportState } from './import-state.tsx';

/** One import from its mapping to its result; what is shown follows its state, wherever it is opened again. */
export function ImportView({ id }: { id: string }) {
  const found = useQuery(importQuery(id));
  if (found.error instanceof ProblemError && [404, 422].includes(found.error.problem.statusCode)) {
    return (
      <EmptyState
        isPage
        title="There is no such import"
        action={
          <Button component={Link} to="/accounts/import">
            Import a file
          </Button>
        }
      >
        <p>The address is mistyped, or the import was forgotten. What it brought stays.</p>
      </EmptyState>
    );
  }
  if (found.data === undefined) {
    return (
      <div className={look.page}>
        <ProblemNote error={found.error} title="The import could not be loaded" onRetry={() => void found.refetch()} />
        {found.isPending && <Loading height={240} />}
      </div>
    );
  }
  return <View contactImport={found.data} error={found.error} />;
}

function View({ contactImport, error }: { contactImport: ContactImport; error: Error | null }) {
  const { file_name: fileName, size_bytes: sizeBytes, state, problem, encoding, delimiter } = contactImport;
  usePageTitle(fileName, 'Import');
  const queryClient = useQueryClient();
  const isEnded = state === 'finished' || state === 'cancelled';
  // What it brought shows in the lists at once.
  useEffect(() => {
    if (isEnded) void queryClient.invalidateQueries({ queryKey: ['accounts'] });
  }, [isEnded, queryClient]);
  return (
    <article className={look.page}>
      <header className={look.head}>
        <h1>{fileName}</h1>
        <ImportState state={state} />
      </header>
      <p className={look.intro}>
        {[sizeWords(sizeBytes), encoding, delimiterWords(delimiter)].filter(Boolean).join(', ')}, uploaded{' '}
        <TimeAgo at={contactImport.created_at} /> by {contactImport.created_by}.{' '}
        <Link to="/accounts/import" className={look.link}>
          All imports
        </Link>
      </p>
      <ProblemNote error={error} title="How far it is could not be asked" />
      {problem !== '' && (
        <Note
          kind={state === 'unreadable' ? 'failed' : 'waiting'}
          title={state === 'unreadable' ? 'This file cannot be used' : 'It does not go on'}
        >
          {problem}
        </Note>
      )}
      {state === 'unreadable' && (
        <div className={look.buttons}>
          <Button component={Link} to="/accounts/import">
            Upload another file
          </Button>
        </div>
      )}
      {isAtWork(contactImport) && <AtWork contactImport={contactImport} />}
      {isEnded && <Result contactImport={contactImport} />}
      {state === 'checked' && <ImportCheck contactImport={contactImport} />}
      {(state === 'uploaded' || state === 'checked') && <ImportMapping contactImport={contactImport} />}
    </article>
  );
}

function delimiterWords(delimiter: string): string {
  const names: Record<string, string> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' };
  return delimiter === '' ? '' : `separated by ${names[delimiter] ?? delimiter}`;
}

/** Checking or running: how far, and a way to stop. */
function AtWork({ contactImport }: { contactImport: ContactImport }) {
  const { id, state, progress, checked_rows: checkedRows } = contactImport;
  const queryClient = useQueryClient();
  const whyNot = useReasonWhyNot(cancelContactImport);
  const cancellation = useMutation({
    mutationFn: () => call(cancelContactImport, { params: { id } }),
    onSuccess: (changed) => queryClient.setQueryData(importQuery(id).queryKey, changed),
    onError: notifyProblem,
  });
  const cancel = async () => {
    const children = <p>Rows that were taken before stay; no more are taken.</p>;
    if (state === 'checking' || (await askYesNo({ title: 'Cancel this import?', children }))) cancellation.mutate();
  };
  const share = progress === null || progress.rows === 0 ? null : (progress.rows_done / progress.rows) * 100;
  return (
    <section aria-label="Progress">
      <Progress value={share ?? 100} striped={share === null} animated={share === null} aria-label="Rows" mb={8} />
      <p role="status">
        {progress === null
          ? `Checking: ${formatCount(checkedRows)} rows were looked at. Nothing is changed yet.`
          : `${formatCount(progress.rows_done)} of ${formatCount(progress.rows)} rows: ${counts(progress)}.`}
      </p>
      {whyNot === null && (
        <Button size="xs" variant="default" loading={cancellation.isPending} onClick={() => void cancel()}>
          Cancel
        </Button>
      )}
    </section>
  );
}

const counts = (of: { new: number; changed: number; unchanged: number; faulty: number }) =>
  [
    `${formatCount(of.new)} new`,
    `${formatCount(of.changed)} changed`,
    `${formatCount(of.unchanged)} unchanged`,
    ...(of.faulty > 0 ? [`${formatCount(of.faulty)} left out as faulty`] : []),
  ].join(', ');

/** What became of it. */
function Result({ contactImport }: { contactImport: ContactImport }) {
  const { id, state, progress } = contactImport;
  const whyNot = useReasonWhyNot(uploadContactImport);
  const faulty = progress?.faulty ?? 0;
  const of = progress === null ? '' : `${formatCount(progress.rows_done)} of ${formatCount(progress.rows)} rows: `;
  return (
    <section aria-label="Result">
      <Note
        kind={state === 'finished' ? 'sent' : 'plain'}
        title={state === 'finished' ? 'The import is finished' : 'The import was cancelled'}
      >
        {progress === null ? 'Nothing was changed.' : `${state === 'finished' ? '' : of}${counts(progress)}.`}
      </Note>
      <div className={look.buttons}>
        <Button size="xs" component={Link} to="/accounts">
          Show accounts
        </Button>
        {faulty > 0 && (
          <Button
            size="xs"
            variant="default"
            component="a"
            href={urlOf(readContactImportFaults, { params: { id } })}
            download
          >
            {faulty === 1 ? 'Download the faulty row' : `Download the ${formatCount(faulty)} faulty rows`}
          </Button>
        )}
        {whyNot === null && (
          <Button size="xs" variant="default" component={Link} to="/accounts/import">
            Import another file
          </Button>
        )}
      </div>
      {faulty > 0 && (
        <p className={look.intro}>The file says what is wrong with each row. Repair it there and import it as it is.</p>
      )}
    </section>
  );
}
