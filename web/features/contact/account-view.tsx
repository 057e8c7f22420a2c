import { Button, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { type Account, changeAccount } from '../../../contracts/account.ts';
import { sendInvoice } from '../../../contracts/invoice.ts';
import { ProblemError } from '../../lib/call.ts';
import { currencyWords, languageWords } from '../../lib/language-words.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { Note } from '../../ui/note.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { StatusWord } from '../../ui/status-word.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { AccountInvoices } from './account-invoices.tsx';
import { AccountMessages } from './account-messages.tsx';
import { accountQuery } from './account-queries.ts';
import { ContactTable } from './contact-table.tsx';
import { DeleteAccount } from './delete-account.tsx';
import { EditAccount } from './edit-account.tsx';

/** The right pane: one account; contacts, invoices and mail as tabs that stand in the address. */
export function AccountView({ id }: { id: string }) {
  const account = useQuery(accountQuery(id));
  if (account.error instanceof ProblemError && [404, 422].includes(account.error.problem.statusCode)) {
    return (
      <EmptyState
        title="There is no such account"
        action={
          <Button component={Link} to="/accounts">
            Show all accounts
          </Button>
        }
      >
        <p>The address is mistyped, or somebody deleted the account.</p>
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
        {account.isPending && <Loading height={240} />}
      </div>
    );
  }
  return <View account={account.data} />;
}

/** A link from outside may name an account by its number; from here on its id stands in the address. */
function useCanonicalAddress(id: string): void {
  const { id: named } = useParams({ strict: false });
  const navigate = useNavigate();
  useEffect(() => {
    if (named !== id)
      void navigate({ to: '/accounts/$id', params: { id }, search: (current) => current, replace: true });
  }, [named, id, navigate]);
}

function View({ account }: { account: Account }) {
  usePageTitle(account.name, 'Accounts');
  useCanonicalAddress(account.id);
  // Narrow, the list with its heading is not there.
  const Heading = useIsNarrow() ? 'h1' : 'h2';
  const navigate = useNavigate();
  const { tab = 'contacts' } = useSearch({ strict: false });
  const [open, setOpen] = useState<'edit' | 'delete' | null>(null);
  const whyNotChange = useReasonWhyNot(changeAccount);
  const whyNotSend = useReasonWhyNot(sendInvoice);
  const { id, number, name, status, currency, language } = account;
  const isClosed = status === 'closed';
  const hasNobody = account.billing_contact_count === 0;
  const show = (next: string | null) =>
    navigate({
      to: '/accounts/$id',
      params: { id },
      search: ({ tab: _, ...current }) =>
        next === 'invoices' || next === 'messages' ? { ...current, tab: next } : current,
      replace: true,
    });
  return (
    <article className={look.page}>
      <header className={look.head}>
        <Heading>{name}</Heading>
        {isClosed && <StatusWord kind="none">closed</StatusWord>}
      </header>
      <div className={look.buttons}>
        {whyNotSend === null && !isClosed && !hasNobody && (
          <Button size="xs" renderRoot={(props) => <Link {...props} to="/accounts/$id/new-invoice" params={{ id }} />}>
            New invoice
          </Button>
        )}
        {whyNotChange === null && (
          <>
            <Button size="xs" variant="default" onClick={() => setOpen('edit')}>
              Edit
            </Button>
            <Button size="xs" variant="default" onClick={() => setOpen('delete')}>
              Delete
            </Button>
          </>
        )}
        {whyNotChange !== null && <span className={look.dim}>{whyNotChange}</span>}
      </div>
      <dl className={look.facts}>
        <dt>Number</dt>
        <dd>{number}</dd>
        <dt>Currency</dt>
        <dd>
          {currency}, {currencyWords(currency)}
        </dd>
        <dt>Language</dt>
        <dd>{languageWords(language)}</dd>
        <dt>Saved</dt>
        <dd>
          <TimeAgo at={account.updated_at} /> by {account.updated_by}
        </dd>
      </dl>
      {isClosed ? (
        <Note kind="plain" title="This account is closed">
          Nothing is mailed to its contacts. Edit it to open it again.
        </Note>
      ) : (
        hasNobody && (
          <Note kind="waiting" title="Nobody gets invoices here">
            Without an active billing contact no invoice can be sent. Add one, or make one of those below a billing
            contact.
          </Note>
        )
      )}
      <Tabs value={tab} onChange={show} keepMounted={false}>
        <Tabs.List aria-label="Sides of the account" className={look.tabList}>
          <Tabs.Tab value="contacts">Contacts ({account.contact_count})</Tabs.Tab>
          <Tabs.Tab value="invoices">Invoices</Tabs.Tab>
          <Tabs.Tab value="messages">Messages</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="contacts" className={look.panel}>
          <ContactTable account={account} />
        </Tabs.Panel>
        <Tabs.Panel value="invoices" className={look.panel}>
          <AccountInvoices account={account} />
        </Tabs.Panel>
        <Tabs.Panel value="messages" className={look.panel}>
          <AccountMessages account={account} />
        </Tabs.Panel>
      </Tabs>
      {open === 'edit' && <EditAccount account={account} onClose={() => setOpen(null)} />}
      {open === 'delete' && <DeleteAccount account={account} onClose={() => setOpen(null)} />}
    </article>
  );
}
