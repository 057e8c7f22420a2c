/** Billing runs: many invoices from one file. All runs, newest first, and the place to drop the next file. */
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { billingRunLimits, uploadBillingRun } from '../../../contracts/billing-run.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { formatCount } from '../../lib/money.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { useUpload } from '../../lib/use-upload.ts';
import { DropFile } from '../../ui/drop-file.tsx';
import { Loading } from '../../ui/loading.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { runsQuery } from './billing-run-queries.ts';
import { RunState } from './run-state.tsx';

export function BillingRunsPage() {
  usePageTitle('Billing runs');
  const runs = useInfiniteQuery(runsQuery);
  const all = runs.data?.pages.flatMap((page) => page.data) ?? [];
  const [isAsked, setAsked] = useState(false);
  const isEmpty = runs.data !== undefined && all.length === 0;
  const isOpen = isAsked || isEmpty;
  return (
    <div className={look.page}>
      <header className={look.head}>
        <h1>Billing runs</h1>
        {!isOpen && runs.data !== undefined && <Button onClick={() => setAsked(true)}>New billing run</Button>}
      </header>
      <p className={look.intro}>
        Many invoices from one file, each mailed to the billing contacts of its account. Every row is checked before the
        first one is mailed, and the same file again mails nobody twice. Other mail does not wait for a run.
      </p>
      {isOpen && <NewRun />}
      <ProblemNote error={runs.error} title="The runs could not be loaded" onRetry={() => void runs.refetch()} />
      {runs.isPending && <Loading height={160} />}
      {all.length > 0 && (
        <section className={look.section} aria-label="All billing runs">
          <table className={look.table} data-blocks>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">State</th>
                <th scope="col" className={look.figure}>
                  Invoices
                </th>
                <th scope="col">Uploaded</th>
                <th scope="col">Started</th>
              </tr>
            </thead>
            <tbody>
              {all.map((run) => (
                <tr key={run.id}>
                  <td>
                    <Link to="/billing-runs/$id" params={{ id: run.id }} className={look.link}>
                      {run.name}
                    </Link>
                  </td>
                  <td>
                    <RunState state={run.state} />
                    {run.problem !== '' && <p className={look.dim}>{run.problem}</p>}
                  </td>
                  <td data-head="Invoices" className={look.figure}>
                    {formatCount(run.invoice_count)}
                  </td>
                  <td data-head="Uploaded">
                    <TimeAgo at={run.created_at} />
                    <span className={look.dim}> by {run.created_by}</span>
                  </td>
                  <td data-head="Started">
                    <TimeAgo at={run.started_at} never="not yet" />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {runs.hasNextPage && (
            <div className={look.buttons}>
              <Button
                size="xs"
                variant="default"
                loading={runs.isFetchingNextPage}
                onClick={() => void runs.fetchNextPage()}
              >
                Show older
              </Button>
            </div>
          )}
        </section>
      )}
    </div>
  );
}

function NewRun() {
  const navigate = useNavigate();
  const whyNot = useReasonWhyNot(uploadBillingRun);
  const { progress, error, send, cancel } = useUpload(
    uploadBillingRun,
    (file) => ({ file_name: file.name }),
    ({ id }) => void navigate({ to: '/billing-runs/$id', params: { id } }),
  );
  return (
    <>
      <ProblemNote error={error} title="The file was not taken" />
      <DropFile
        title="Drop the file of a billing run here"
        accept=".csv,.tsv,.txt,.ndjson,.jsonl,.zip,text/csv,application/zip"
        maxBytes={billingRunLimits.zipBytes}
        progress={progress}
        disabledReason={whyNot}
        onFile={send}
        onCancel={cancel}
      >
        <p>
          A CSV with a row for each invoice or for each of its lines, an NDJSON, or a ZIP with one of them and the PDFs
          that it names; up to {formatCount(billingRunLimits.invoices)} invoices. Nothing is mailed before you have
          confirmed it.
        </p>
      </DropFile>
    </>
  );
}
