import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import {
  type BillingRun,
  cancelBillingRun,
  deleteBillingRun,
  pauseBillingRun,
  readBillingErrors,
  readBillingResult,
  resumeBillingRun,
  retryFailedOfBillingRun,
} from '../../../contracts/billing-run.ts';
import { call, urlOf } from '../../lib/call.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { formatCount } from '../../lib/money.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import look from '../../ui/records.module.css';
import { runQuery } from './billing-run-queries.ts';

const acts = {
  pause: pauseBillingRun,
  resume: resumeBillingRun,
  cancel: cancelBillingRun,
  retry: retryFailedOfBillingRun,
};
type Act = keyof typeof acts;

const done: Record<Act, string> = {
  pause: 'The run pauses: no more invoices are handed over.',
  resume: 'The run goes on.',
  cancel: 'The run was cancelled.',
  retry: 'What failed is mailed once more.',
};

/** What can be done with a run in its state. Asks before mail never goes out, and before it goes out again. */
export function RunButtons({ run }: { run: BillingRun }) {
  const { id, name, state, progress, check } = run;
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const whyNot = useReasonWhyNot(pauseBillingRun);
  const act = useMutation({
    mutationFn: (which: Act) => call(acts[which], { params: { id } }),
    onSuccess: (changed, which) => {
      queryClient.setQueryData(runQuery(id).queryKey, changed);
      notifyDone(done[which]);
    },
    onError: notifyProblem,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['billing-runs'] }),
  });
  const removal = useMutation({
    mutationFn: () => call(deleteBillingRun, { params: { id } }),
    onSuccess: async () => {
      notifyDone(`“${name}” was forgotten.`);
      await navigate({ to: '/billing-runs' });
      await queryClient.invalidateQueries({ queryKey: ['billing-runs', 'list'] });
    },
    onError: notifyProblem,
  });
  const ask = async (which: Act, question: Parameters<typeof askYesNo>[0]) => {
    if (await askYesNo(question)) act.mutate(which);
  };
  const askRemoval = async () => {
    const children = <p>The run, its file and its result are deleted. Invoices that were mailed stay.</p>;
    if (await askYesNo({ title: `Forget the billing run “${name}”?`, children })) removal.mutate();
  };
  const canAct = whyNot === null;
  const failed = progress === null ? 0 : progress.failed + progress.refused;
  const open = progress === null ? 0 : progress.ready + progress.waiting;
  const isGoing = state === 'running' || state === 'paused';
  const isBusy = act.isPending || removal.isPending;
  const common = { size: 'xs', variant: 'default', disabled: isBusy } as const;
  return (
    <div className={look.buttons}>
      {canAct && state === 'running' && (
        <Button {...common} onClick={() => act.mutate('pause')}>
          Pause
        </Button>
      )}
      {canAct && state === 'paused' && (
        <Button size="xs" disabled={isBusy} onClick={() => act.mutate('resume')}>
          Resume
        </Button>
      )}
      {canAct && failed > 0 && state !== 'running' && (
        <Button {...common} onClick={() => void ask('retry', retryQuestion(failed))}>
          Retry failed only
        </Button>
      )}
      {canAct && (isGoing || (state === 'finished' && open > 0) || state === 'checking') && (
        <Button {...common} onClick={() => void ask('cancel', cancelQuestion(name, open))}>
          Cancel
        </Button>
      )}
      {progress !== null && (
        <Button {...common} component="a" href={urlOf(readBillingResult, { params: { id } })} download>
          Download the result
        </Button>
      )}
      {check !== null && check.faulty > 0 && (
        <Button {...common} component="a" href={urlOf(readBillingErrors, { params: { id } })} download>
          Download what is wrong
        </Button>
      )}
      {canAct && !isGoing && state !== 'checking' && (run.started_at === null || run.ended_at !== null) && (
        <Button {...common} onClick={() => void askRemoval()}>
          Forget
        </Button>
      )}
      {whyNot !== null && <span className={look.dim}>{whyNot}</span>}
    </div>
  );
}

const retryQuestion = (failed: number) => ({
  title: 'Mail once more to those alone whose mail failed?',
  children: (
    <p>
      {failed === 1 ? 'One mail is' : `${formatCount(failed)} mails are`} sent again, to the addresses that the contacts
      have now. Whoever has theirs gets nothing.
    </p>
  ),
  isDestructive: false,
});

const cancelQuestion = (name: string, open: number) => ({
  title: `Cancel the billing run “${name}”?`,
  children: (
    <p>
      {open > 0 ? `${formatCount(open)} that did not leave yet never do. ` : ''}What was sent stays sent. This cannot be
      undone; the same file can be uploaded again, and mails only what was not mailed.
    </p>
  ),
});
