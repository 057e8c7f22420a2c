/** Accounts / Import: a CSV of contacts is dropped here; each import has a page of its own, which survives a reload. */
import { Anchor } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { contactImportLimits, exportContacts, uploadContactImport } from '../../../contracts/contact-import.ts';
import { urlOf } from '../../lib/call.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { formatCount } from '../../lib/money.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { useUpload } from '../../lib/use-upload.ts';
import { DropFile } from '../../ui/drop-file.tsx';
import { Loading } from '../../ui/loading.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { importsQuery } from './import-queries.ts';
import { ImportState } from './import-state.tsx';
import { ImportView } from './import-view.tsx';

export function ImportPage() {
  const { id } = useParams({ strict: false });
  return id === undefined ? <ImportStart /> : <ImportView key={id} id={id} />;
}

function ImportStart() {
  usePageTitle('Import', 'Accounts');
  const navigate = useNavigate();
  const whyNot = useReasonWhyNot(uploadContactImport);
  const { progress, error, send, cancel } = useUpload(
    uploadContactImport,
    (file) => ({ file_name: file.name }),
    ({ id }) => void navigate({ to: '/accounts/import/$id', params: { id } }),
  );
  return (
    <div className={look.page}>
      <header className={look.head}>
        <h1>Import accounts and contacts</h1>
      </header>
      <p className={look.intro}>
        A row is one contact with its account, or an account alone. Accounts are known by their number, contacts by
        account and address: what is there already is changed, an empty cell changes nothing. Every row is checked and
        shown before anything is changed. An{' '}
        <Anchor href={urlOf(exportContacts)} download="contacts.csv" inherit className={look.link} underline="always">
          export of all
        </Anchor>{' '}
        is a file to begin with.
      </p>
      <ProblemNote error={error} title="The file was not taken" />
      <DropFile
        title="Drop a CSV of contacts here"
        accept=".csv,.txt,.tsv,text/csv"
        maxBytes={contactImportLimits.bytes}
        progress={progress}
        disabledReason={whyNot}
        onFile={send}
        onCancel={cancel}
      >
        <p>
          Up to {formatCount(contactImportLimits.rows)} rows and {contactImportLimits.bytes / 1024 / 1024} MB, with a
          first row of column names. Encoding and separator are found out.
        </p>
      </DropFile>
      <EarlierImports />
    </div>
  );
}

function EarlierImports() {
  const { data, error, isPending, refetch } = useInfiniteQuery(importsQuery);
  const imports = data?.pages.flatMap((page) => page.data) ?? [];
  if (data !== undefined && imports.length === 0) return null;
  return (
    <section className={look.section} aria-labelledby="earlier-imports">
      <h2 id="earlier-imports">Earlier imports</h2>
      <ProblemNote error={error} title="They could not be loaded" onRetry={() => void refetch()} />
      {isPending && <Loading height={80} />}
      {imports.length > 0 && (
        <table className={look.table} data-blocks>
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">State</th>
              <th scope="col">Rows</th>
              <th scope="col">Uploaded</th>
            </tr>
          </thead>
          <tbody>
            {imports.map((each) => (
              <tr key={each.id}>
                <td>
                  <Link to="/accounts/import/$id" params={{ id: each.id }} className={look.link}>
                    {each.file_name}
                  </Link>
                </td>
                <td>
                  <ImportState state={each.state} />
                </td>
                <td data-head="Rows">{each.progress === null ? '' : formatCount(each.progress.rows_done)}</td>
                <td data-head="Uploaded">
                  <TimeAgo at={each.created_at} />
                  <span className={look.dim}> by {each.created_by}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
