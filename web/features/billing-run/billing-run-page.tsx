/** One billing run from its mapping to its result; what is shown follows its state, wherever it is opened again. */
import { Button, Progress } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { BillingRun } from '../../../contracts/billing-run.ts';
import { ProblemError } from '../../lib/call.ts';
import { formatCount } from '../../lib/money.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { Note } from '../../ui/note.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { sizeWords } from '../../ui/size-words.ts';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { runQuery } from './billing-run-queries.ts';
import { RunButtons } from './run-buttons.tsx';
import { RunCheck } from './run-check.tsx';
import { RunItems } from './run-items.tsx';
import { RunMapping } from './run-mapping.tsx';
import { RunProgress } from './run-progress.tsx';
import { RunState } from './run-state.tsx';

export function BillingRunPage() {
  const { id = '' } = useParams({ strict: false });
  const run = useQuery(runQuery(id));
  if (run.error instanceof ProblemError && [404, 422].includes(run.error.problem.statusCode)) {
    return (
      <EmptyState
        isPage
        title="There is no such billing run"
        action={
          <Button component={Link} to="/billing-runs">
            Show all billing runs
          </Button>
        }
      >
        <p>The address is mistyped, or the run was forgotten. Invoices that it mailed stay.</p>
      </EmptyState>
    );
  }
  if (run.data === undefined) {
    return (
      <div className={look.page}>
        <ProblemNote error={run.error} title="The billing run could not be loaded" onRetry={() => void run.refetch()} />
        {run.isPending && <Loading height={240} />}
      </div>
    );
  }
  return <View key={id} run={run.data} error={run.error} />;
}

const formatWords = { csv: 'CSV', ndjson: 'NDJSON', zip: 'ZIP' };

function View({ run, error }: { run: BillingRun; error: Error | null }) {
  usePageTitle(run.name, 'Billing runs');
  const { state, problem, pdfs } = run;
  const facts = [run.file_name === run.name ? '' : run.file_name, formatWords[run.format], sizeWords(run.size_bytes)];
  const isBefore = state === 'uploaded' || state === 'checked';
  return (
    <article className={look.page}>
      <header className={look.head}>
        <h1>{run.name}</h1>
        <RunState state={state} />
      </header>
      <RunButtons run={run} />
      <p className={look.intro}>
        {facts.filter(Boolean).join(', ')}
        {pdfs.count > 0 && `, ${formatCount(pdfs.count)} ${pdfs.count === 1 ? 'PDF' : 'PDFs'}`}, uploaded{' '}
        <TimeAgo at={run.created_at} /> by {run.created_by}
        {run.started_at !== null && (
          <>
            , started <TimeAgo at={run.started_at} />
          </>
        )}
        {run.ended_at !== null && (
          <>
            , ended <TimeAgo at={run.ended_at} />
          </>
        )}
        .{' '}
        <Link to="/billing-runs" className={look.link}>
          All billing runs
        </Link>
      </p>
      <ProblemNote error={error} title="How far it is could not be asked" />
      {problem !== '' && (
        <Note
          kind={state === 'unreadable' ? 'failed' : 'waiting'}
          title={state === 'unreadable' ? 'This file cannot be used' : 'It does not go on at the moment'}
        >
          {problem}
        </Note>
      )}
      {state === 'unreadable' && (
        <div className={look.buttons}>
          <Button component={Link} to="/billing-runs">
            Upload another file
          </Button>
        </div>
      )}
      {state === 'checking' && <Checking run={run} />}
      {state === 'checked' && run.check !== null && <RunCheck run={run} check={run.check} />}
      {run.progress !== null && <RunProgress run={run} progress={run.progress} />}
      {isBefore && <RunMapping run={run} />}
      {run.check !== null && state !== 'checking' && state !== 'unreadable' && <RunItems run={run} />}
    </article>
  );
}

function Checking({ run }: { run: BillingRun }) {
  // Octets of the table; in a ZIP the PDFs are most of the size, so that no share can be said.
  const share = run.format === 'zip' || run.size_bytes === 0 ? null : (run.checked_bytes / run.size_bytes) * 100;
  return (
    <section aria-label="Progress">
      <Progress value={share ?? 100} striped={share === null} animated={share === null} aria-label="Checked" mb={8} />
      <p role="status">
        Checking every row{share === null ? '' : `, ${Math.floor(Math.min(share, 100))} %`}. Nothing is mailed.
      </p>
    </section>
  );
}
