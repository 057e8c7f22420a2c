import { Button, Tabs } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import {
  type ContactImport,
  type ContactRow,
  type ContactRowState,
  readContactImportFaults,
  startContactImport,
} from '../../../contracts/contact-import.ts';
import { call, urlOf } from '../../lib/call.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { formatCount } from '../../lib/money.ts';
import { Note } from '../../ui/note.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { type StatusKind, StatusWord } from '../../ui/status-word.tsx';
import classes from './import.module.css';
import { importQuery } from './import-queries.ts';

const kinds: Record<ContactRowState, StatusKind> = {
  new: 'running',
  changed: 'on',
  unchanged: 'none',
  faulty: 'failed',
};

/** What would happen, row by row, and the word that lets it happen. */
export function ImportCheck({ contactImport }: { contactImport: ContactImport }) {
  const { id, check } = contactImport;
  const queryClient = useQueryClient();
  const whyNot = useReasonWhyNot(startContactImport);
  const start = useMutation({
    mutationFn: (skipFaulty: boolean) =>
      call(startContactImport, { params: { id }, body: { skip_faulty: skipFaulty } }),
    onSuccess: (changed) => queryClient.setQueryData(importQuery(id).queryKey, changed),
  });
  if (check === null) return null;
  const good = check.rows - check.faulty;
  const facts = [
    ['rows', check.rows],
    ['new accounts', check.new_accounts],
    ['new contacts', check.new_contacts],
    ['changed', check.changed],
    ['unchanged', check.unchanged],
    ['faulty', check.faulty],
  ] as const;
  return (
    <section aria-label="What would happen">
      <dl className={classes.counts}>
        {facts.map(([name, number]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd {...(name === 'faulty' && number > 0 ? { className: classes.problem } : {})}>{formatCount(number)}</dd>
          </div>
        ))}
      </dl>
      {check.problems.length > 0 && (
        <Note
          kind="failed"
          title={check.faulty === 1 ? 'One row is faulty' : `${formatCount(check.faulty)} rows are faulty`}
        >
          <ul className={classes.reasons}>
            {check.problems.map(({ path, code, message, count }) => (
              <li key={`${path} ${code} ${message}`}>
                {message} <span className={look.dim}>({formatCount(count)}×)</span>
              </li>
            ))}
          </ul>
        </Note>
      )}
      <ProblemNote error={start.error} title="It was not started" />
      <div className={look.buttons}>
        <Button
          loading={start.isPending}
          disabled={whyNot !== null || good === 0}
          onClick={() => start.mutate(check.faulty > 0)}
        >
          {check.faulty > 0
            ? `Import ${formatCount(good)} rows, leave out ${formatCount(check.faulty)}`
            : `Import ${good === 1 ? 'the row' : `all ${formatCount(good)} rows`}`}
        </Button>
        {check.faulty > 0 && (
          <Button variant="default" component="a" href={urlOf(readContactImportFaults, { params: { id } })} download>
            Download the faulty rows
          </Button>
        )}
        {whyNot !== null && <span className={look.dim}>{whyNot}</span>}
      </div>
      <Tabs defaultValue={check.faulty > 0 ? 'faulty' : 'preview'} keepMounted={false}>
        <Tabs.List aria-label="Rows" className={look.tabList}>
          {check.faulty > 0 && <Tabs.Tab value="faulty">Faulty ({formatCount(check.faulty)})</Tabs.Tab>}
          <Tabs.Tab value="preview">Preview</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="faulty" className={look.panel}>
          <Rows rows={check.faulty_rows} isAll={check.faulty_rows.length >= check.faulty} of="faulty rows" />
        </Tabs.Panel>
        <Tabs.Panel value="preview" className={look.panel}>
          <Rows rows={check.preview} isAll={check.preview.length >= check.rows} of="rows" />
        </Tabs.Panel>
      </Tabs>
    </section>
  );
}

function Rows({ rows, isAll, of }: { rows: readonly ContactRow[]; isAll: boolean; of: string }) {
  return (
    <table className={look.table} data-blocks>
      {!isAll && (
        <caption>
          The first {rows.length} {of}.
        </caption>
      )}
      <thead>
        <tr>
          <th scope="col">Line</th>
          <th scope="col">State</th>
          <th scope="col">Account</th>
          <th scope="col">Contact</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.row}>
            <td data-head="Line">{row.row}</td>
            <td>
              <StatusWord kind={kinds[row.state]}>{row.state}</StatusWord>
            </td>
            <td>
              {row.account.name || '(no name)'} <span className={look.dim}>{row.account.number}</span>
              <p className={look.dim}>
                {[row.account.currency, row.account.language, row.account.status].filter(Boolean).join(', ')}
              </p>
            </td>
            <td>
              {row.contact === null ? (
                <span className={look.dim}>none</span>
              ) : (
                <>
                  {row.contact.name} <span className={look.dim}>{row.contact.address}</span>
                  <p className={look.dim}>
                    {row.contact.kinds.join(', ')}
                    {!row.contact.is_active && ', not active'}
                  </p>
                </>
              )}
              {row.problems.map(({ path, message }) => (
                <p key={`${path} ${message}`} className={classes.problem}>
                  {message}
                </p>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
