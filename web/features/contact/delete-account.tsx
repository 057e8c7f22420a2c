import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type Account, deleteAccount } from '../../../contracts/account.ts';
import { call } from '../../lib/call.ts';
import { formatCount } from '../../lib/money.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { Loading } from '../../ui/loading.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { accountUsageQuery } from './account-queries.ts';

/** Says what goes, what stays and what keeps it before anything is deleted. */
export function DeleteAccount({ account, onClose }: { account: Account; onClose: () => void }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const usage = useQuery({ ...accountUsageQuery(account.id), staleTime: 0, gcTime: 0 });
  const deletion = useMutation({
    mutationFn: (contacts: number) => call(deleteAccount, { params: { id: account.id }, query: { contacts } }),
    onSuccess: async () => {
      onClose();
      notifyDone(`“${account.name}” was deleted.`);
      await navigate({ to: '/accounts', search: ({ tab: _, ...current }) => current });
      await queryClient.invalidateQueries({ queryKey: ['accounts', 'list'] });
    },
    // The number of contacts is another one by now.
    onError: () => usage.refetch(),
  });
  const { data } = usage;
  const isKept = data !== undefined && data.invoices > 0;
  return (
    <Dialog isOpen title={`Delete the account “${account.name}”?`} onClose={onClose}>
      <ProblemNote error={usage.error} title="What belongs to it could not be counted" />
      {usage.isPending && <Loading height={60} />}
      {isKept && (
        <p>
          It has {count(data.invoices, 'invoice', 'invoices')}, which have to be kept: it cannot be deleted. Close it
          instead; then nothing is mailed to it any more.
        </p>
      )}
      {data !== undefined && !isKept && (
        <p>
          {data.contacts === 0 ? 'It has no contacts. ' : `${count(data.contacts, 'contact', 'contacts')} go with it. `}
          {data.messages > 0 &&
            `${count(data.messages, 'message', 'messages')} that ${data.messages === 1 ? 'was' : 'were'} mailed to it stay in the log. `}
          This cannot be undone.
        </p>
      )}
      <ProblemNote error={deletion.error} title="It was not deleted" />
      <DialogActions>
        <Button variant="default" data-autofocus onClick={onClose}>
          {isKept ? 'Close' : 'No'}
        </Button>
        {data !== undefined && !isKept && (
          <Button color="red" loading={deletion.isPending} onClick={() => deletion.mutate(data.contacts)}>
            Yes
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}

const count = (number: number, one: string, many: string) => `${formatCount(number)} ${number === 1 ? one : many}`;
