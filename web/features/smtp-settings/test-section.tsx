/** The test beside the form: where it goes, the ladder while it climbs, and what came of it. */
import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRef } from 'react';
import type { Repair } from '../../../contracts/diagnosis.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Note } from '../../ui/note.tsx';
import { TranscriptView } from '../../ui/transcript-view.tsx';
import { ConnectionView } from './connection-view.tsx';
import type { Draft } from './draft.ts';
import { type FieldName, fieldLabels } from './field-words.ts';
import { LadderView } from './ladder-view.tsx';
import { reportOf } from './report.ts';
import { sandboxPlaceQuery } from './smtp-settings-queries.ts';
import { TestFailure } from './test-failure.tsx';
import classes from './test-section.module.css';
import { useFollowTest } from './use-follow-test.ts';
import type { TestBench } from './use-test.ts';

interface TestSectionProps {
  bench: TestBench;
  /** Which settings the form shows: an id, or `new`. A run of others is not shown. */
  subject: string;
  draft: Draft;
  isDirty: boolean;
  /** What a repair changed in the form. */
  filled: ReadonlySet<FieldName>;
  ownAddress: string;
  to: string;
  toProblem: string | undefined;
  onTo: (to: string) => void;
  whyNotTest: string | null;
  whyNotChange: string | null;
  onRepair: (repair: Repair) => void;
}

export function TestSection(props: TestSectionProps) {
  const { bench, subject, draft, isDirty, ownAddress, whyNotTest, whyNotChange } = props;
  const run = bench.run?.subject === subject ? bench.run : null;
  const section = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useFollowTest(run?.number, section, heading);
  return (
    <section ref={section} className={classes.section} aria-label="Test" data-run={run !== null || undefined}>
      <div className={classes.head}>
        <h2 ref={heading} tabIndex={-1} className={classes.title}>
          Test
        </h2>
        {run?.state === 'running' ? (
          <Button size="xs" variant="default" onClick={bench.cancel}>
            Cancel
          </Button>
        ) : null}
        {run?.result ? (
          <CopyButton label="Copy result" text={() => (run.result ? reportOf(run.result, draft) : '')} />
        ) : null}
      </div>
      {run === null ? (
        <p className={classes.words}>
          {whyNotTest ??
            'Sends a real message and shows each step, from finding the server to handing the message over. “Test these settings” tries the form as it stands, saved or not.'}
        </p>
      ) : (
        <p className={classes.words}>
          {run.isDraft ? 'The form as it stands' : 'The saved settings'}, to {run.to || ownAddress}.
          {!run.isDraft && isDirty ? ' Your unsaved changes are not part of this test.' : ''}
          {run.isDraft && isDirty && props.filled.size > 0
            ? ` Changed in the form, not saved yet: ${[...props.filled].map((field) => fieldLabels[field]).join(', ')}.`
            : ''}
        </p>
      )}
      {whyNotTest === null ? (
        <TextInput
          label="Send the test to"
          description={`Empty: to your own address, ${ownAddress}.`}
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          placeholder={ownAddress}
          value={props.to}
          error={props.toProblem}
          onChange={(event) => props.onTo(event.currentTarget.value)}
          autoComplete="off"
          inputMode="email"
        />
      ) : null}
      {run === null ? null : (
        <>
          {run.state === 'refused' ? (
            <Note kind="failed" title="The test did not start">
              {run.refusal}
            </Note>
          ) : null}
          {run.state === 'cancelled' ? <Note kind="plain">Cancelled. Nothing more was sent to the server.</Note> : null}
          {run.result?.ok ? <Success {...props} to={run.result.to} isUnsaved={run.isDraft && isDirty} /> : null}
          {run.result ? (
            <TestFailure result={run.result} whyNotChange={whyNotChange} onRepair={props.onRepair} />
          ) : null}
          {run.result?.emailId ? (
            <p className={classes.words}>
              <Link to="/messages/$id" params={{ id: run.result.emailId }} preload={false}>
                See it in the message log
              </Link>
            </p>
          ) : null}
          {run.result?.warnings.map((warning) => (
            <Note key={warning} kind="waiting">
              {warning}
            </Note>
          ))}
          {run.state === 'refused' ? null : <LadderView rungs={run.rungs} />}
          {run.result ? (
            <>
              <ConnectionView connection={run.result.connection} />
              <TranscriptView transcript={run.result.transcript} />
            </>
          ) : null}
        </>
      )}
    </section>
  );
}

function Success({ draft, to, isUnsaved }: { draft: Draft; to: string; isUnsaved: boolean }) {
  const sandbox = useQuery(sandboxPlaceQuery).data;
  const isSandbox =
    sandbox !== undefined &&
    sandbox.port === Number(draft.port) &&
    ['127.0.0.1', 'localhost', '::1', '[::1]', sandbox.host].includes(draft.host.trim().toLowerCase());
  return (
    <Note kind="sent" title={`Sent to ${to}`}>
      {isSandbox ? (
        <>
          The sandbox has caught it and forwards nothing. <Link to="/sandbox">Open the sandbox inbox</Link>
        </>
      ) : (
        'The server has accepted the message. It should arrive within a few minutes; look in the spam folder too.'
      )}
      {isUnsaved ? ' Save to keep these settings.' : ''}
    </Note>
  );
}
