import { Button, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { type Branding, changeBranding } from '../../../contracts/branding.ts';
import { call, ProblemError } from '../../lib/call.ts';
import { useSaveShortcut } from '../../lib/use-shortcuts.ts';
import { ActionBar, SaveStatus } from '../../ui/action-bar.tsx';
import { Note } from '../../ui/note.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { UnsavedDialog } from '../../ui/unsaved-dialog.tsx';
import {
  type BrandingDraft,
  type BrandingField,
  type BrandingProblems,
  brandingFields,
  brandingLabels,
  changedFields,
  changesOf,
  checkDraft,
  draftOf,
} from './branding-draft.ts';
import classes from './branding-page.module.css';
import { BrandingPreview } from './branding-preview.tsx';
import { brandingQuery } from './branding-queries.ts';
import { ColorFields } from './color-fields.tsx';
import { ConflictDialog } from './conflict-dialog.tsx';
import { LogoField } from './logo-field.tsx';

const hints: Partial<Record<BrandingField, string>> = {
  company_name: 'In the header where there is no logo, and as the logo’s words where pictures are off.',
  website: 'Where the logo leads; begins with https://.',
  footer: 'At the end of every message, in lines.',
  legal_text: 'Under it in smaller type: registered office, register number, directors.',
  address: 'In lines, on invoices.',
  bank_details: 'In lines, on invoices: bank, IBAN, BIC.',
};

export function BrandingForm({ saved, whyNot }: { saved: Branding; whyNot: string | null }) {
  const queryClient = useQueryClient();
  const [base, setBase] = useState(saved);
  const [draft, setDraft] = useState(() => draftOf(saved));
  const [problems, setProblems] = useState<BrandingProblems>({});
  const [failure, setFailure] = useState<Error | null>(null);
  const [theirs, setTheirs] = useState<Branding | null>(null);
  const [isSaving, setSaving] = useState(false);
  const [hasSaved, setHasSaved] = useState(false);
  const isDirty = changedFields(draft, base).length > 0;
  const isReadOnly = whyNot !== null;

  const rebase = (next: Branding) => {
    setBase(next);
    setDraft(draftOf(next));
    setProblems({});
  };
  // Somebody else's save arrives while nothing was typed: show it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the version changes
  useEffect(() => {
    if (saved.version > base.version && !isDirty) rebase(saved);
  }, [saved.version, isDirty]);

  const set = (fields: Partial<BrandingDraft>) => {
    setDraft((now) => ({ ...now, ...fields }));
    setProblems((now) => Object.fromEntries(Object.entries(now).filter(([field]) => !(field in fields))));
  };
  const refuse = (found: BrandingProblems) => {
    setProblems(found);
    const first = brandingFields.find((field) => found[field] !== undefined);
    if (first) requestAnimationFrame(() => document.getElementById(`branding-${first}`)?.focus());
  };
  const save = async (over?: Branding): Promise<boolean> => {
    setFailure(null);
    if (isSaving) return false;
    if (!isDirty) return true;
    const found = checkDraft(draft);
    if (Object.keys(found).length > 0) {
      refuse(found);
      return false;
    }
    setSaving(true);
    try {
      const next = await call(changeBranding, {
        body: changesOf(draft, base),
        headers: { 'if-match': `"${(over ?? base).version}"` },
      });
      queryClient.setQueryData(brandingQuery.queryKey, next);
      setTheirs(null);
      rebase(next);
      setHasSaved(true);
      return true;
    } catch (error) {
      const problem = error instanceof ProblemError ? error.problem : null;
      if (problem?.name === 'version_conflict' && problem.current) setTheirs(problem.current as Branding);
      else if (problem && problem.fields.length > 0)
        refuse(Object.fromEntries(problem.fields.map(({ path, message }) => [path, message])));
      else setFailure(error as Error);
      return false;
    } finally {
      setSaving(false);
    }
  };
  useSaveShortcut(isReadOnly ? null : () => void save());
  const blocker = useBlocker({
    shouldBlockFn: () => isDirty,
    enableBeforeUnload: () => isDirty,
    withResolver: true,
  });

  const inputOf = (field: BrandingField) => ({
    id: `branding-${field}`,
    label: brandingLabels[field],
    description: hints[field],
    inputWrapperOrder: ['label', 'input', 'error', 'description'] as ('label' | 'input' | 'error' | 'description')[],
    value: draft[field],
    error: problems[field],
    readOnly: isReadOnly,
    classNames: isReadOnly ? { input: 'postern-readonly' } : {},
    ...(isReadOnly ? { placeholder: '–' } : {}),
    autoComplete: 'off',
    onChange: (event: { currentTarget: { value: string } }) => set({ [field]: event.currentTarget.value }),
  });
  const lines = (field: BrandingField) => <Textarea {...inputOf(field)} autosize minRows={2} maxRows={10} />;
  const one = (field: BrandingField) => <TextInput {...inputOf(field)} />;
  return (
    <>
      <div className={classes.columns}>
        <form
          id="branding"
          aria-label="Branding"
          noValidate
          className={classes.form}
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          {isReadOnly && <Note kind="plain">{whyNot} What is purple cannot be changed here.</Note>}
          <ProblemNote error={failure} title="Not saved" />
          <section aria-label="Look" className={classes.group}>
            <h2>Look</h2>
            {one('company_name')}
            <LogoField
              branding={saved}
              isReadOnly={isReadOnly}
              onSaved={(next) => setBase((now) => ({ ...now, logo: next.logo, version: next.version }))}
            />
            <ColorFields draft={draft} problems={problems} isReadOnly={isReadOnly} onChange={set} />
          </section>
          <section aria-label="At the end of every message" className={classes.group}>
            <h2>At the end of every message</h2>
            {lines('footer')}
            {lines('legal_text')}
          </section>
          <section aria-label="Company details" className={classes.group}>
            <h2>Company details</h2>
            <div className={classes.pair}>
              {one('website')}
              {one('email')}
              {one('phone')}
              {one('vat_number')}
            </div>
            {lines('address')}
            {lines('bank_details')}
          </section>
          {!isReadOnly && (
            <ActionBar>
              <Button type="submit" loading={isSaving}>
                Save
              </Button>
              {isDirty && (
                <Button variant="subtle" aria-label="Discard changes" onClick={() => rebase(base)}>
                  Discard
                </Button>
              )}
              <span role="status">
                <SaveStatus isDirty={isDirty} hasSaved={hasSaved} />
              </span>
            </ActionBar>
          )}
        </form>
        <BrandingPreview draft={draft} saved={saved} />
      </div>
      <UnsavedDialog
        isOpen={blocker.status === 'blocked'}
        what="Branding"
        isSaving={isSaving}
        onSave={async () => {
          if (await save()) blocker.proceed?.();
          else blocker.reset?.();
        }}
        onDiscard={() => blocker.proceed?.()}
        onKeepEditing={() => blocker.reset?.()}
      />
      <ConflictDialog
        theirs={theirs}
        base={base}
        draft={draft}
        isSaving={isSaving}
        onTakeTheirs={() => {
          if (theirs) rebase(theirs);
          setTheirs(null);
        }}
        onKeepMine={() => void save(theirs ?? undefined)}
        onClose={() => setTheirs(null)}
      />
    </>
  );
}
