import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { type Invoice, type InvoiceMail, readInvoicePdf, resendInvoice } from '../../../contracts/invoice.ts';
import { call, ProblemError, urlOf } from '../../lib/call.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { formatDay, formatMoney } from '../../lib/money.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { isFailed, MailState } from '../../ui/mail-state.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { ServerWords } from '../../ui/server-words.tsx';
import { sizeWords } from '../../ui/size-words.ts';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { invoiceQuery } from './invoice-queries.ts';
import { WrittenLines } from './written-lines.tsx';

/** The right pane: one invoice, where its mail is for each contact, and what it says. */
export function InvoiceView({ id }: { id: string }) {
  const invoice = useQuery(invoiceQuery(id));
  if (invoice.error instanceof ProblemError && [404, 422].includes(invoice.error.problem.statusCode)) {
    return (
      <EmptyState
        title="There is no such invoice"
        action={
          <Button component={Link} to="/invoices">
            Show all invoices
          </Button>
        }
      >
        <p>The address is mistyped.</p>
      </EmptyState>
    );
  }
  if (invoice.data === undefined) {
    return (
      <div className={look.page}>
        <ProblemNote
          error={invoice.error}
          title="The invoice could not be loaded"
          onRetry={() => void invoice.refetch()}
        />
        {invoice.isPending && <Loading height={240} />}
      </div>
    );
  }
  return <View invoice={invoice.data} />;
}

function View({ invoice }: { invoice: Invoice }) {
  usePageTitle(invoice.number, 'Invoices');
  useListAsCurrent(invoice.state);
  // Narrow, the list with its heading is not there.
  const Heading = useIsNarrow() ? 'h1' : 'h2';
  const { id, number, account, pdf, billing_run_id: run } = invoice;
  return (
    <article className={look.page}>
      <header className={look.head}>
        <Heading>
          Invoice {number} over {formatMoney(invoice.total, invoice.currency)}
        </Heading>
        <MailState state={invoice.state} />
      </header>
      <div className={look.buttons}>
        <Button
          size="xs"
          variant="default"
          component="a"
          href={urlOf(readInvoicePdf, { params: { id } })}
          target="_blank"
          rel="noreferrer"
        >
          Open the PDF
        </Button>
        <SendAgain invoice={invoice} />
      </div>
      <dl className={look.facts}>
        <dt>Account</dt>
        <dd>
          <Link to="/accounts/$id" params={{ id: account.id }} search={{ tab: 'invoices' }} className={look.link}>
            {account.name}
          </Link>{' '}
          <span className={look.dim}>{account.number}</span>
        </dd>
        <dt>Of</dt>
        <dd>
          {formatDay(invoice.issued_on)}, due {formatDay(invoice.due_on)}
        </dd>
        {invoice.reference !== '' && (
          <>
            <dt>Reference</dt>
            <dd>{invoice.reference}</dd>
          </>
        )}
        <dt>PDF</dt>
        <dd>
          {pdf.filename}, {sizeWords(pdf.size_bytes)}, {pdf.source === 'made' ? 'made by Postern' : 'given'}
        </dd>
        <dt>Mailed</dt>
        <dd>
          <TimeAgo at={invoice.created_at} /> by {invoice.created_by}
          {run !== null && (
            <>
              , in{' '}
              <Link to="/billing-runs/$id" params={{ id: run }} className={look.link}>
                a billing run
              </Link>
            </>
          )}
        </dd>
      </dl>
      <Mails invoice={invoice} />
      <WrittenLines invoice={invoice} />
    </article>
  );
}

/** The list beside it is read less often than the invoice: what is seen here is not left standing otherwise there. */
function useListAsCurrent(state: Invoice['state']): void {
  const queryClient = useQueryClient();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the state is what it reacts to
  useEffect(() => void queryClient.invalidateQueries({ queryKey: ['invoices', 'list'] }), [queryClient, state]);
}

const reasonWords: Record<InvoiceMail['reason'], string> = {
  first: '',
  resend: 'sent again',
  retry: 'tried once more',
};

/** Each message with its state, newest round first; what a server said stands beneath it. */
function Mails({ invoice: { mails } }: { invoice: Invoice }) {
  return (
    <section className={look.section} aria-labelledby="mails-title">
      <h3 id="mails-title">Who got it</h3>
      <table className={look.table} data-blocks>
        <thead>
          <tr>
            <th scope="col">Contact</th>
            <th scope="col">State</th>
            <th scope="col">Accepted</th>
            <th scope="col">
              <span className="postern-hidden">Message</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {mails.map((mail) => (
            <tr key={mail.message_id}>
              <td>
                {mail.name} <span className={look.dim}>{mail.address}</span>
                {mail.reply !== '' && <ServerWords>{mail.reply}</ServerWords>}
              </td>
              <td>
                <MailState state={mail.state} />
              </td>
              <td data-head="Accepted">
                <TimeAgo at={mail.created_at} />
                <span className={look.dim}> by {mail.created_by}</span>
                {mail.reason !== 'first' && <p className={look.dim}>{reasonWords[mail.reason]}</p>}
              </td>
              <td className={look.actions}>
                {mail.state !== 'gone' && (
                  <Link
                    to="/messages/$id"
                    params={{ id: mail.message_id }}
                    className={look.link}
                    preload={false}
                    aria-label={`Message to ${mail.address}`}
                  >
                    Message
                  </Link>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** To all billing contacts as they are now, or to those alone who did not get it; asked first, for it arrives again. */
function SendAgain({ invoice }: { invoice: Invoice }) {
  const { id, number, account, mails } = invoice;
  const queryClient = useQueryClient();
  const whyNot = useReasonWhyNot(resendInvoice);
  // One question, one sending: an answer that got lost on the way is not a second one.
  const key = useRef('');
  const sending = useMutation({
    mutationFn: (contactIds: string[] | null) =>
      call(resendInvoice, {
        params: { id },
        body: contactIds === null ? {} : { contact_ids: contactIds },
        headers: { 'idempotency-key': key.current },
      }),
    onSuccess: (changed) => {
      queryClient.setQueryData(invoiceQuery(id).queryKey, changed);
      notifyDone(`Invoice ${number} was accepted once more.`);
    },
    onError: notifyProblem,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['invoices'] }),
  });
  const ask = async (failed: readonly InvoiceMail[] | null) => {
    const children =
      failed === null ? (
        <p>
          All active billing contacts of {account.name} get it, also those who have it already, at the addresses that
          they have now. Who sent it again is recorded.
        </p>
      ) : (
        <p>It goes to {failed.map(({ address }) => address).join(', ')}, at the address that each has now.</p>
      );
    key.current = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    const question = { title: `Send invoice ${number} again?`, children, isDestructive: false };
    if (await askYesNo(question)) sending.mutate(failed?.map(({ contact_id: contact }) => contact) ?? null);
  };
  const newest = mails.filter((mail, at) => mails.findIndex((each) => each.contact_id === mail.contact_id) === at);
  const failed = newest.filter(({ state }) => isFailed(state));
  if (whyNot !== null) return <span className={look.dim}>{whyNot}</span>;
  return (
    <>
      {failed.length > 0 && failed.length < newest.length && (
        <Button size="xs" variant="default" loading={sending.isPending} onClick={() => void ask(failed)}>
          Send again to those who did not get it
        </Button>
      )}
      <Button size="xs" variant="default" loading={sending.isPending} onClick={() => void ask(null)}>
        Send again
      </Button>
    </>
  );
}
