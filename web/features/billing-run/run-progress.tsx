import { Progress } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { BillingProgress, BillingRun } from '../../../contracts/billing-run.ts';
import { formatCount } from '../../lib/money.ts';
import look from '../../ui/records.module.css';
import { StatusWord } from '../../ui/status-word.tsx';
import classes from './billing-run.module.css';

/** How far it is: invoices that were handed over, and what became of their mails; kept current. */
export function RunProgress({ run, progress }: { run: BillingRun; progress: BillingProgress }) {
  const { invoices, ready, accepted, messages, sent, waiting, failed } = progress;
  const handed = invoices - ready;
  const shareOf = (number: number, of: number) => (of === 0 ? 0 : (number / of) * 100);
  const apart = [
    ['refused', progress.refused],
    ['cancelled', progress.cancelled],
    ['mailed before', progress.repeated],
  ] as const;
  return (
    <section aria-label="Progress">
      <p role="status">
        {formatCount(accepted)} of {invoices === 1 ? 'one invoice' : `${formatCount(invoices)} invoices`} handed over
        {apart.filter(([, number]) => number > 0).map(([words, number]) => `, ${formatCount(number)} ${words}`)}.
      </p>
      <Progress value={shareOf(handed, invoices)} aria-label="Invoices handed over" mb={16} />
      <p>
        <StatusWord kind="sent">sent</StatusWord> {formatCount(sent)} of{' '}
        {messages === 1 ? 'one message' : `${formatCount(messages)} messages`} ·{' '}
        <StatusWord kind={waiting > 0 ? 'waiting' : 'none'}>waiting</StatusWord> {formatCount(waiting)} ·{' '}
        <StatusWord kind={failed > 0 ? 'failed' : 'none'}>failed</StatusWord> {formatCount(failed)}
      </p>
      <Progress.Root mb={16} aria-label="Messages">
        <Progress.Section value={shareOf(sent, messages)} color="var(--postern-sent)" aria-label="Sent" />
        <Progress.Section value={shareOf(waiting, messages)} color="var(--postern-waiting)" aria-label="Waiting" />
        <Progress.Section value={shareOf(failed, messages)} color="var(--postern-failed)" aria-label="Failed" />
      </Progress.Root>
      <Reasons title="What the waiting ones wait for" counts={progress.waiting_for} />
      <Reasons title="Why the others failed" counts={progress.failed_because} />
      <p>
        <Link to="/invoices" search={{ run: run.id }} className={look.link}>
          Show the invoices of this run
        </Link>
      </p>
    </section>
  );
}

function Reasons({ title, counts }: { title: string; counts: BillingProgress['waiting_for'] }) {
  if (counts.length === 0) return null;
  return (
    <>
      <h2 className={look.dim}>{title}</h2>
      <ul className={classes.reasons}>
        {counts.map(({ code, message, count }) => (
          <li key={`${code} ${message}`}>
            {message} <span className={look.dim}>({formatCount(count)}×)</span>
          </li>
        ))}
      </ul>
    </>
  );
}
