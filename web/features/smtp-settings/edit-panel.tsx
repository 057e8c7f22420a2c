/**
 * The right panel: Edit SMTP Settings, or Add SMTP Settings where `saved` is null.
 * Nothing typed is lost silently: leaving asks, and a save on an outdated version shows both versions.
 */
import { Button } from '@mantine/core';
import { useBlocker, useNavigate } from '@tanstack/react-router';
import { memo, type ReactNode, type RefObject, useEffect, useId, useRef, useState } from 'react';
import type { Me } from '../../../contracts/access.ts';
import type { SmtpSettings } from '../../../contracts/smtp-settings.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { useSaveShortcut } from '../../lib/use-shortcuts.ts';
import { Note } from '../../ui/note.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { UnsavedDialog } from '../../ui/unsaved-dialog.tsx';
import { ConflictDialog } from './conflict-dialog.tsx';
import classes from './edit-panel.module.css';
import { FactsBlock } from './facts-block.tsx';
import { FormActions } from './form-actions.tsx';
import { inputId } from './form-fields.tsx';
import { nothingShown } from './ladder.ts';
import type { Permissions } from './permissions.ts';
import { type ChosenPreset, PresetMenu, PresetNote } from './preset-menu.tsx';
import { ProblemSummary } from './problem-summary.tsx';
import { PauseSettings, SendingNote } from './sending-note.tsx';
import { SettingsForm } from './settings-form.tsx';
import { TestSection } from './test-section.tsx';
import { useDraft } from './use-draft.ts';
import { useFormTest } from './use-form-test.ts';
import { useSave } from './use-save.ts';
import type { TestBench } from './use-test.ts';

interface EditPanelProps {
  saved: SmtpSettings | null;
  me: Me;
  permissions: Permissions;
  bench: TestBench;
  onCreated: (settings: SmtpSettings) => void;
  /** Whether these settings were added a moment ago, in this page. */
  isJustAdded: boolean;
  /** Whether somebody else has deleted them in the meantime. */
  isGone?: boolean;
  /** What stands here then, unless something was typed. */
  whenGone?: ReactNode;
  /** Kept true while there are changes that are not saved. */
  unsaved: RefObject<boolean>;
  /** Test and delete, where the list that has them is out of sight. */
  actions: ReactNode;
}

const listPath = '/setup/extensibility/smtp-settings';

export const EditPanel = memo(function EditPanel(props: EditPanelProps) {
  const { saved, me, permissions, bench, onCreated, isJustAdded, isGone = false, unsaved, actions } = props;
  const subject = saved?.id ?? 'new';
  const form = useDraft(saved, bench.run?.subject === subject ? bench.run.shown : nothingShown);
  const saving = useSave(form);
  const [chosen, setChosen] = useState<ChosenPreset | null>(null);
  const [hasSaved, setHasSaved] = useState(isJustAdded);
  const navigate = useNavigate();
  const isNarrow = useIsNarrow();
  const formId = useId();
  const isNew = saved === null;
  const testing = useFormTest(form, bench, subject, me.email);
  const whyNotChange = isNew ? permissions.whyNotAdd : permissions.whyNotChange;
  const isReadOnly = whyNotChange !== null;
  const { isDirty, base } = form;
  const isOutdated = saved !== null && base !== null && !isGone && saved.version > base.version;
  const savesAsNew = isNew || isGone;

  // Deleted by somebody else: what was typed stays, and is from now on compared with nothing.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when they go or the typing begins
  useEffect(() => {
    if (!isGone || !isDirty || base === null) return;
    form.rebase(null, true);
    // The note about it stands above; whoever is typing is not torn away from it.
    if (!document.activeElement?.matches('input, textarea')) heading.current?.focus();
  }, [isGone, isDirty]);

  useEffect(() => {
    unsaved.current = isDirty;
    return () => {
      unsaved.current = false;
    };
  }, [unsaved, isDirty]);

  // Somebody else's save arrives while nothing was typed: show it. While something was, the note below says so.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the version or the typing changes
  useEffect(() => {
    if (isOutdated && !isDirty && !saving.isSaving) form.rebase(saved);
  }, [isOutdated, isDirty]);

  // Add begins with the name; what was just added, or opened over the list, begins with its heading.
  const heading = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the panel opens
  useEffect(() => {
    if (isNew) document.getElementById(inputId('name'))?.focus();
    else if (isJustAdded || isNarrow) heading.current?.focus({ preventScroll: true });
  }, []);

  const blocker = useBlocker({
    shouldBlockFn: () => isDirty,
    enableBeforeUnload: () => isDirty,
    withResolver: true,
  });

  const save = async (over?: SmtpSettings) => {
    const result = await saving.save(over);
    if (!result) return false;
    setHasSaved(true);
    return result;
  };
  const saveAndStay = async () => {
    const result = await save();
    if (result && savesAsNew) onCreated(result);
  };
  useSaveShortcut(isReadOnly ? null : saveAndStay);

  const choosePreset = (next: ChosenPreset) => {
    setChosen(next);
    const server = next.preset.servers[next.serverAt];
    if (server) form.fill(server.fill);
  };

  if (isGone && !isDirty) return props.whenGone;
  const Heading = isNarrow ? 'h1' : 'h2';
  return (
    <div className={classes.panel}>
      <header className={classes.header}>
        <Heading ref={heading} tabIndex={-1} className={classes.title}>
          {isNew ? 'Add SMTP Settings' : 'Edit SMTP Settings'}
        </Heading>
        {actions}
        {saved && !isGone ? <PauseSettings id={saved.id} /> : null}
        {isReadOnly ? null : <PresetMenu onChoose={choosePreset} />}
      </header>
      <div className={classes.columns}>
        <form
          id={formId}
          className={classes.form}
          noValidate
          aria-label={isNew ? 'Add SMTP Settings' : 'Edit SMTP Settings'}
          onSubmit={(event) => {
            event.preventDefault();
            void saveAndStay();
          }}
        >
          {saved && !isGone ? <SendingNote id={saved.id} /> : null}
          {isReadOnly ? <Note kind="plain">{whyNotChange} What is purple cannot be changed here.</Note> : null}
          {chosen ? <PresetNote chosen={chosen} onChoose={choosePreset} onClose={() => setChosen(null)} /> : null}
          {isGone ? (
            <Note kind="waiting" title="These settings were deleted by somebody else in the meantime.">
              What you typed is still here: “Save as new” adds it as new settings.
              {saved?.hasPassword && form.draft.username.trim() !== '' ? ' Type the password again.' : ''}
            </Note>
          ) : null}
          {isOutdated && isDirty && saving.theirs === null ? (
            <Note
              kind="waiting"
              title={`${saved.updatedBy} saved these settings while you were editing.`}
              action={
                <Button size="xs" variant="default" onClick={() => saving.setTheirs(saved)}>
                  Compare
                </Button>
              }
            />
          ) : null}
          <ProblemSummary problems={form.problems} />
          <ProblemNote error={saving.failure} title="Not saved" />
          <SettingsForm form={form} isReadOnly={isReadOnly} />
          {saved && !isGone ? <FactsBlock settings={saved} /> : null}
        </form>
        <TestSection
          bench={bench}
          subject={subject}
          draft={form.draft}
          isDirty={isDirty}
          filled={form.filled}
          ownAddress={me.email}
          to={testing.to}
          toProblem={testing.toProblem}
          onTo={testing.setTo}
          whyNotTest={permissions.whyNotTest}
          whyNotChange={whyNotChange}
          onRepair={(repair) => void testing.repair(repair)}
        />
      </div>
      <FormActions
        formId={formId}
        isReadOnly={isReadOnly}
        isDirty={isDirty}
        isNew={isNew}
        isGone={isGone}
        isSaving={saving.isSaving}
        hasSaved={hasSaved}
        isTesting={bench.run?.subject === subject && bench.run.state === 'running'}
        whyNotTest={permissions.whyNotTest}
        onTest={() => void testing.test()}
        onDiscard={() => {
          setChosen(null);
          if (savesAsNew) void navigate({ to: listPath, ignoreBlocker: true });
          else form.rebase(saved);
        }}
      />
      <UnsavedDialog
        isOpen={blocker.status === 'blocked'}
        what={saved ? `“${saved.name}”` : 'the new SMTP settings'}
        isSaving={saving.isSaving}
        onSave={async () => {
          if (await save()) blocker.proceed?.();
          else blocker.reset?.();
        }}
        onDiscard={() => blocker.proceed?.()}
        onKeepEditing={() => blocker.reset?.()}
      />
      {base ? (
        <ConflictDialog
          theirs={saving.theirs}
          base={base}
          draft={form.draft}
          isSaving={saving.isSaving}
          onTakeTheirs={() => {
            form.rebase(saving.theirs);
            saving.setTheirs(null);
          }}
          onKeepMine={() => void save(saving.theirs ?? undefined)}
          onClose={() => saving.setTheirs(null)}
        />
      ) : null}
    </div>
  );
});
