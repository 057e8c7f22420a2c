/** A new invoice of an account: typed, previewed as mail and PDF, then sent to the billing contacts. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { Account } from '../../../contracts/account.ts';
import { sendInvoice } from '../../../contracts/invoice.ts';
import { ProblemError } from '../../lib/call.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { InvoiceForm } from './invoice-form.tsx';
import { billedAccountQuery } from './invoice-queries.ts';

export function NewInvoicePage() {
  usePageTitle('New invoice');
  const { id = '' } = useParams({ strict: false });
  const account = useQuery(billedAccountQuery(id));
  const whyNot = useReasonWhyNot(sendInvoice);
  if (account.error instanceof ProblemError && [404, 422].includes(account.error.problem.statusCode)) {
    return (
      <EmptyState
        isPage
        title="There is no such account"
        action={
          <Button component={Link} to="/accounts">
            Show all accounts
          </Button>
        }
      >
        <p>An invoice belongs to an account. The address is mistyped, or somebody deleted the account.</p>
      </EmptyState>
    );
  }
  if (account.data === undefined) {
    return (
      <div className={look.page}>
        <ProblemNote
          error={account.error}
          title="The account could not be loaded"
          onRetry={() => void account.refetch()}
        />
        {account.isPending && <Loading height={320} />}
      </div>
    );
  }
  const refusal = whyNot ?? whyNotBilled(account.data);
  if (refusal !== null) {
    return (
      <EmptyState
        isPage
        title={`No invoice can be sent to “${account.data.name}”`}
        action={
          <Button renderRoot={(props) => <Link {...props} to="/accounts/$id" params={{ id: account.data.id }} />}>
            Back to the account
          </Button>
        }
      >
        <p>{refusal}</p>
      </EmptyState>
    );
  }
  return <InvoiceForm account={account.data} />;
}

function whyNotBilled({ status, billing_contact_count: count }: Account): string | null {
  if (status === 'closed') return 'The account is closed: nothing is mailed to it. Open it again first.';
  if (count === 0) return 'It has no active billing contact. Add one on the account’s page first.';
  return null;
}
