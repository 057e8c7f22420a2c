/**
 * The right panel: one template in four sides (message, variables, settings, versions) with its live preview beside them.
 * Nothing typed is lost silently: leaving asks, and a save on an outdated version shows what somebody else changed.
 */
import { Button, Tabs } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useBlocker, useNavigate } from '@tanstack/react-router';
import { type ReactNode, type RefObject, useEffect, useId, useRef, useState } from 'react';
import type { Template } from '../../../contracts/template.ts';
import { sendTemplateTest } from '../../../contracts/template-preview.ts';
import { restoreTemplateVersion } from '../../../contracts/template-version.ts';
import { call } from '../../lib/call.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { useSaveShortcut } from '../../lib/use-shortcuts.ts';
import { Note } from '../../ui/note.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { UnsavedDialog } from '../../ui/unsaved-dialog.tsx';
import { ConflictDialog } from './conflict-dialog.tsx';
import { FormActions } from './form-actions.tsx';
import { MessageTab } from './message-tab.tsx';
import type { TabName } from './place-words.ts';
import { ProblemSummary } from './problem-summary.tsx';
import { SettingsTab } from './settings-tab.tsx';
import classes from './template-panel.module.css';
import { TemplatePreview } from './template-preview.tsx';
import { keepTemplate } from './template-queries.ts';
import { askRestore } from './template-questions.tsx';
import { TestNote } from './test-note.tsx';
import { usePreview } from './use-preview.ts';
import { useSave } from './use-save.ts';
import { useTemplateForm } from './use-template-form.ts';
import { useTemplateTabs } from './use-template-tabs.ts';
import { VariablesTab } from './variables-tab.tsx';
import { VersionsTab } from './versions-tab.tsx';

interface TemplatePanelProps {
  /** Null under Add. */
  saved: Template | null;
  /** Null where it is allowed. */
  whyNotChange: string | null;
  whyNotTest: string | null;
  onCreated: (template: Template) => void;
  /** Whether somebody else has deleted it in the meantime, and what stands here then, unless something was typed. */
  isGone?: boolean;
  whenGone?: ReactNode;
  /** Kept true while there are changes that are not saved. */
  unsaved: RefObject<boolean>;
  /** Beside the heading. */
  actions: ReactNode;
}

export function TemplatePanel(props: TemplatePanelProps) {
  const { saved, whyNotChange, whyNotTest, onCreated, isGone = false, unsaved, actions } = props;
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const form = useTemplateForm(saved);
  const { draft, base, isDirty } = form;
  const tabs = useTemplateTabs(draft, saved === null);
  const saving = useSave(form, (problems) => tabs.go(Object.keys(problems)[0] ?? 'name'));
  const isReadOnly = whyNotChange !== null;
  const preview = usePreview(draft, draft.words[tabs.at]?.language ?? 'en', isReadOnly ? saved : null);
  const [hasSaved, setHasSaved] = useState(false);
  const isNarrow = useIsNarrow();
  const formId = useId();
  const isNew = saved === null;
  const isOutdated = saved !== null && base !== null && !isGone && saved.version > base.version;
  const savesAsNew = isNew || isGone;

  // Deleted by somebody else: what was typed stays, and is from now on compared with nothing.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when it goes or the typing begins
  useEffect(() => {
    if (isGone && isDirty && base !== null) form.rebase(null, true);
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

  const heading = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the panel opens
  useEffect(() => {
    if (isNew) document.getElementById('template-name')?.focus();
    else if (isNarrow) heading.current?.focus({ preventScroll: true });
  }, []);

  // Another side or language of the same template is no leaving.
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => isDirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => isDirty,
    withResolver: true,
  });

  const test = useMutation({
    mutationFn: (template: Template) =>
      call(sendTemplateTest, {
        params: { id: template.id },
        body: { language: draft.words[tabs.at]?.language ?? template.language },
      }),
  });
  const restoration = useMutation({
    mutationFn: (version: number) => call(restoreTemplateVersion, { params: { id: saved?.id ?? '', version } }),
    onSuccess: (template, version) => {
      keepTemplate(queryClient, template);
      form.rebase(template);
      notifyDone(`Version ${version} is the newest again, as version ${template.version}.`);
    },
    onError: notifyProblem,
  });

  const save = async (over?: Template) => {
    test.reset();
    const result = await saving.save(over);
    if (result) setHasSaved(true);
    return result;
  };
  const saveAndStay = async () => {
    const result = await save();
    if (result && savesAsNew) onCreated(result);
  };
  const saveAndTest = async () => {
    const result = await save();
    if (result) test.mutate(result);
  };
  const restore = async (version: number) => {
    if (saved && (await askRestore(saved.name, version, isDirty))) restoration.mutate(version);
  };
  useSaveShortcut(isReadOnly ? null : saveAndStay);

  if (isGone && !isDirty) return props.whenGone;
  const Heading = isNarrow ? 'h1' : 'h2';
  const part = { form, isReadOnly };
  const languages = draft.words.map(({ language }) => language);
  return (
    <div className={classes.panel}>
      <header className={classes.header}>
        <Heading ref={heading} tabIndex={-1} className={classes.title}>
          {saved?.name ?? 'Add Email Template'}
        </Heading>
        {actions}
      </header>
      <form
        id={formId}
        noValidate
        aria-label={isNew ? 'Add Email Template' : 'Edit Email Template'}
        onSubmit={(event) => {
          event.preventDefault();
          void saveAndStay();
        }}
        className={classes.form}
      >
        {isReadOnly && <Note kind="plain">{whyNotChange} What is purple cannot be changed here.</Note>}
        {isGone && (
          <Note kind="waiting" title="This template was deleted by somebody else in the meantime.">
            What you typed is still here: “Save as new” adds it as a new template.
          </Note>
        )}
        {isOutdated && isDirty && saving.theirs === null && (
          <Note
            kind="waiting"
            title={`${saved.updated_by} saved this template while you were editing.`}
            action={
              <Button size="xs" variant="default" onClick={() => saving.setTheirs(saved)}>
                Compare
              </Button>
            }
          />
        )}
        <ProblemSummary problems={form.problems} languages={languages} onGo={tabs.go} />
        <ProblemNote error={saving.failure} title="Not saved" />
        <TestNote sent={test.data} error={test.error} />
        <Tabs
          value={tabs.tab}
          onChange={(next) => tabs.setTab((next ?? 'message') as TabName)}
          keepMounted={false}
          className={classes.tabs ?? ''}
        >
          <Tabs.List aria-label="Sides of the template" className={classes.tabList ?? ''}>
            <Tabs.Tab value="message">Message</Tabs.Tab>
            <Tabs.Tab value="variables">Variables ({draft.variables.length})</Tabs.Tab>
            <Tabs.Tab value="settings">Settings</Tabs.Tab>
            {!savesAsNew && <Tabs.Tab value="versions">Versions</Tabs.Tab>}
          </Tabs.List>
          {tabs.tab === 'versions' && !savesAsNew ? (
            <Tabs.Panel value="versions" className={classes.side ?? ''}>
              <VersionsTab
                template={saved}
                whyNotChange={whyNotChange}
                onRestore={(version) => void restore(version)}
              />
            </Tabs.Panel>
          ) : (
            <div className={classes.columns}>
              <div className={classes.side}>
                <Tabs.Panel value="message">
                  <MessageTab
                    {...part}
                    saved={saved}
                    at={tabs.at}
                    onSelect={tabs.setAt}
                    problems={preview.data?.problems ?? []}
                  />
                </Tabs.Panel>
                <Tabs.Panel value="variables">
                  <VariablesTab {...part} />
                </Tabs.Panel>
                <Tabs.Panel value="settings">
                  <SettingsTab {...part} saved={saved} />
                </Tabs.Panel>
              </div>
              <div className={classes.beside}>
                <TemplatePreview
                  preview={preview.data}
                  isOld={preview.isOld}
                  error={preview.error}
                  onRetry={() => void preview.refetch()}
                  languages={languages}
                  onGo={tabs.go}
                />
              </div>
            </div>
          )}
        </Tabs>
      </form>
      {!isReadOnly && (
        <FormActions
          formId={formId}
          isDirty={isDirty}
          isNew={isNew}
          isGone={isGone}
          isSaving={saving.isSaving}
          hasSaved={hasSaved}
          isTesting={test.isPending}
          canTest={!savesAsNew && whyNotTest === null}
          onTest={() => void saveAndTest()}
          onDiscard={() => {
            if (savesAsNew) void navigate({ to: '/setup/extensibility/email-templates', ignoreBlocker: true });
            else form.rebase(saved);
          }}
        />
      )}
      <UnsavedDialog
        isOpen={blocker.status === 'blocked'}
        what={saved ? `“${saved.name}”` : 'the new template'}
        isSaving={saving.isSaving}
        onSave={async () => {
          if (await save()) blocker.proceed?.();
          else blocker.reset?.();
        }}
        onDiscard={() => blocker.proceed?.()}
        onKeepEditing={() => blocker.reset?.()}
      />
      {base && (
        <ConflictDialog
          theirs={saving.theirs}
          base={base}
          draft={draft}
          isSaving={saving.isSaving}
          onTakeTheirs={() => {
            form.rebase(saving.theirs);
            saving.setTheirs(null);
          }}
          onKeepMine={() => void save(saving.theirs ?? undefined)}
          onClose={() => saving.setTheirs(null)}
        />
      )}
    </div>
  );
}
