import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type BillingCheck, type BillingRun, startBillingRun } from '../../../contracts/billing-run.ts';
import { call } from '../../lib/call.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { formatCount, formatMoney } from '../../lib/money.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { Note } from '../../ui/note.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import classes from './billing-run.module.css';
import { runQuery } from './billing-run-queries.ts';

/** What the check found, to be confirmed: how many, over how much, and what is left out. */
export function RunCheck({ run, check }: { run: BillingRun; check: BillingCheck }) {
  const { id, name } = run;
  const queryClient = useQueryClient();
  const whyNot = useReasonWhyNot(startBillingRun);
  const start = useMutation({
    mutationFn: () => call(startBillingRun, { params: { id }, body: { skip_faulty: check.faulty > 0 } }),
    onSuccess: (changed) => {
      queryClient.setQueryData(runQuery(id).queryKey, changed);
      void queryClient.invalidateQueries({ queryKey: ['billing-runs'] });
    },
  });
  const sums = check.totals.map(({ currency, total }) => formatMoney(total, currency)).join(' and ');
  const ready = check.ready === 1 ? 'one invoice' : `${formatCount(check.ready)} invoices`;
  const ask = async () => {
    const children = (
      <p>
        {check.messages === 1 ? 'One message goes' : `${formatCount(check.messages)} messages go`} out, over {sums}.
        {check.faulty > 0 && ` The ${formatCount(check.faulty)} faulty ones are left out.`}
        {check.repeated > 0 && ` The ${formatCount(check.repeated)} that were mailed before are not mailed again.`}
      </p>
    );
    if (await askYesNo({ title: `Mail ${ready} of “${name}”?`, children, isDestructive: false })) start.mutate();
  };
  const facts = [
    ['rows', check.rows],
    ['invoices', check.invoices],
    ['ready', check.ready],
    ['messages', check.messages],
    ['mailed before', check.repeated],
    ['faulty', check.faulty],
  ] as const;
  return (
    <section aria-label="What the check found">
      <dl className={classes.counts}>
        {facts.map(([words, number]) => (
          <div key={words}>
            <dt>{words}</dt>
            <dd {...(words === 'faulty' && number > 0 ? { className: classes.problem } : {})}>{formatCount(number)}</dd>
          </div>
        ))}
      </dl>
      {check.totals.length > 0 && (
        <dl className={look.facts}>
          {check.totals.map(({ currency, invoices, total }) => (
            <Sum key={currency} currency={currency}>
              {formatMoney(total, currency)}
              <span className={look.dim}>
                {' '}
                in {invoices === 1 ? 'one invoice' : `${formatCount(invoices)} invoices`}
              </span>
            </Sum>
          ))}
        </dl>
      )}
      {check.problems.length > 0 && (
        <Note
          kind="failed"
          title={check.faulty === 1 ? 'One invoice is faulty' : `${formatCount(check.faulty)} invoices are faulty`}
        >
          <ul className={classes.reasons}>
            {check.problems.map(({ code, message, count }) => (
              <li key={`${code} ${message}`}>
                {message} <span className={look.dim}>({formatCount(count)}×)</span>
              </li>
            ))}
          </ul>
        </Note>
      )}
      {check.ready === 0 && (
        <Note kind="waiting" title="There is nothing to mail">
          {check.repeated > 0 && check.faulty === 0
            ? 'All of them were mailed before.'
            : 'Correct the file, the mapping, the accounts or their contacts, then check again.'}
        </Note>
      )}
      <ProblemNote error={start.error} title="It was not started" />
      <div className={look.buttons}>
        <Button loading={start.isPending} disabled={whyNot !== null || check.ready === 0} onClick={() => void ask()}>
          {check.faulty > 0 ? `Mail ${ready}, leave out the faulty ones` : `Mail ${ready}`}
        </Button>
      </div>
    </section>
  );
}

function Sum({ currency, children }: { currency: string; children: React.ReactNode }) {
  return (
    <>
      <dt>Total in {currency}</dt>
      <dd>{children}</dd>
    </>
  );
}
