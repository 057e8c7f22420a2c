import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { confirmEmail } from '../../../contracts/person.ts';
import { call } from '../../lib/call.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { useLinkToken } from '../../lib/use-link-token.ts';
import { Note } from '../../ui/note.tsx';
import classes from '../../ui/outside-page.module.css';
import { OutsidePage } from '../../ui/outside-page.tsx';
import { LinkProblem } from './link-problem.tsx';

/** `/email-change#TOKEN`, mailed to a new address: a click confirms it; opening the page changes nothing. */
export function EmailChangePage() {
  usePageTitle('Confirm your address');
  const queryClient = useQueryClient();
  const [token] = useLinkToken();
  const confirmation = useMutation({
    mutationFn: () => call(confirmEmail, { body: { token } }),
    onSuccess: () => queryClient.clear(),
  });
  if (confirmation.isSuccess) {
    const { email } = confirmation.data;
    return (
      <OutsidePage title="Your address is confirmed">
        <div className={classes.form}>
          <p className={classes.lead} role="status">
            From now on you sign in as <strong>{email}</strong>, and mail for you goes there.
          </p>
          <p className={classes.aside}>
            <Link to="/">Go to Postern</Link>
          </p>
        </div>
      </OutsidePage>
    );
  }
  return (
    <OutsidePage title="Confirm your address">
      <div className={classes.form}>
        {token === '' ? (
          <Note kind="waiting" title="The link is not complete">
            Open the whole link in the mail, with what stands after the #.
          </Note>
        ) : confirmation.error === null || confirmation.isPending ? (
          <>
            <p className={classes.lead}>
              The mailbox in which you found this link becomes the address that you sign in with.
            </p>
            <Button autoFocus loading={confirmation.isPending} onClick={() => confirmation.mutate()}>
              Confirm the address
            </Button>
          </>
        ) : (
          <LinkProblem error={confirmation.error} onRetry={() => confirmation.mutate()} />
        )}
        <p className={classes.aside}>
          <Link to="/sign-in">Sign in</Link>
        </p>
      </div>
    </OutsidePage>
  );
}
