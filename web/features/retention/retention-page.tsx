/** Setup / Retention: for how many days what messages said, and the messages themselves, are kept. */
import { Button } from '@mantine/core';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { countMessages } from '../../../contracts/message.ts';
import { changeRetention, type Retention, readRetention } from '../../../contracts/retention.ts';
import { call, ProblemError } from '../../lib/call.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { Loading } from '../../ui/loading.tsx';
import { Note } from '../../ui/note.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { KeepField } from './keep-field.tsx';
import { checkDraft, findLoss, type RetentionDraft, toDraft } from './retention-draft.ts';
import classes from './retention-page.module.css';

const retentionQuery = queryOptions({
  queryKey: ['retention'],
  queryFn: ({ signal }) => call(readRetention, { signal }),
});

export function RetentionPage() {
  usePageTitle('Retention');
  const { data, error, refetch } = useQuery(retentionQuery);
  return (
    <div className={classes.page}>
      <h1>Retention</h1>
      <p>
        Mail is about people: keep it as long as it is needed to explain what happened, and no longer. What still waits
        to be sent is never deleted, however old it is. What secret mail (password resets, invitations) said is deleted
        as soon as nobody waits for it.
      </p>
      <ProblemNote error={error} title="The days could not be loaded" onRetry={() => void refetch()} />
      {data === undefined ? error === null && <Loading height={180} /> : <RetentionForm saved={data} />}
    </div>
  );
}

function RetentionForm({ saved }: { saved: Retention }) {
  const queryClient = useQueryClient();
  const whyNot = useReasonWhyNot(changeRetention);
  const [typed, setTyped] = useState<RetentionDraft | null>(null);
  const [isChecked, setChecked] = useState(false);
  const draft = typed ?? toDraft(saved);
  const checked = checkDraft(draft);
  const save = useMutation({
    mutationFn: (retention: Retention) => call(changeRetention, { body: retention }),
    onSuccess: (retention) => {
      queryClient.setQueryData(retentionQuery.queryKey, retention);
      setTyped(null);
      setChecked(false);
      notifyDone('Saved.');
    },
  });
  const ask = async () => {
    setChecked(true);
    if (!checked.ok) return;
    const loss = findLoss(checked.retention, saved);
    const isLoss = loss.body_days !== null || loss.message_days !== null;
    if (isLoss) {
      const counts = await countOld(loss);
      const children = <LossWords loss={loss} counts={counts} />;
      if (!(await askYesNo({ title: 'Delete older mail?', children }))) return;
    }
    save.mutate(checked.retention);
  };
  const problems = isChecked && !checked.ok ? checked.problems : {};
  const change = (name: keyof RetentionDraft) => (value: RetentionDraft['body']) =>
    setTyped({ ...draft, [name]: value });
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void ask();
      }}
    >
      {whyNot !== null && <Note kind="plain">{whyNot} What is purple cannot be changed here.</Note>}
      <KeepField
        label="What messages said"
        description="Text, HTML, source and attachments. After these days the log still says who got what and when."
        unlimited="As long as the message"
        value={draft.body}
        problem={problems.body}
        isReadOnly={whyNot !== null}
        onChange={change('body')}
      />
      <KeepField
        label="Messages"
        description="Recipients, attempts and what servers said. After these days nothing of a message is left."
        unlimited="For ever"
        value={draft.message}
        problem={problems.message}
        isReadOnly={whyNot !== null}
        onChange={change('message')}
      />
      {whyNot === null && (
        <div className={classes.actions}>
          <Button type="submit" loading={save.isPending} disabled={typed === null}>
            Save
          </Button>
          {typed !== null && (
            <Button
              variant="subtle"
              color="gray"
              onClick={() => {
                setTyped(null);
                setChecked(false);
              }}
            >
              Discard
            </Button>
          )}
        </div>
      )}
      <ProblemNote error={fieldError(save.error)} title="Not saved" />
    </form>
  );
}

/** The sentence of the field says more than that of the whole. */
const fieldError = (error: Error | null): Error | null =>
  error instanceof ProblemError && error.problem.fields[0] ? new Error(error.problem.fields[0].message) : error;

type Counts = Record<keyof Retention, string>;

/** How much is that old now; without an answer it is asked without numbers. */
async function countOld(loss: Retention): Promise<Counts> {
  const count = async (days: number | null) => {
    if (days === null) return '';
    const found = await call(countMessages, { query: { q: `before:${days}d` } }).catch(() => null);
    if (found === null) return '';
    return `${found.isMore ? 'more than ' : ''}${found.count.toLocaleString()}`;
  };
  return { body_days: await count(loss.body_days), message_days: await count(loss.message_days) };
}

function LossWords({ loss, counts }: { loss: Retention; counts: Counts }) {
  const now = (count: string) => (count === '' ? '' : ` At this moment ${count} are that old.`);
  return (
    <>
      {loss.body_days !== null && (
        <p>
          What messages of more than {loss.body_days} days ago said is deleted.{now(counts.body_days)}
        </p>
      )}
      {loss.message_days !== null && (
        <p>
          Messages of more than {loss.message_days} days ago are deleted altogether.{now(counts.message_days)}
        </p>
      )}
      <p>What still waits is kept. This cannot be undone.</p>
    </>
  );
}
