/**
 * Saving: creates, or changes only what changed, on the version that was read. A version that is no longer the newest is
 * refused by the server; then `theirs` holds what somebody else saved, and nothing of ours is stored.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changeSmtpSettings, createSmtpSettings, type SmtpSettings } from '../../../contracts/smtp-settings.ts';
import { call, ProblemError } from '../../lib/call.ts';
import { changesOf, checkDraft, type FieldProblems } from './draft.ts';
import { type FieldName, fieldLabels, fieldOrder, passwordAgainWords } from './field-words.ts';
import { inputId } from './form-fields.tsx';
import { keepSettings, settingsQuery } from './smtp-settings-queries.ts';
import type { DraftForm } from './use-draft.ts';

const signedOutWords =
  'You were signed out in the meantime. Sign in again in another tab, then press Save here: what you typed is kept.';

/** Puts the focus on the first field that has a problem, once it is drawn. */
export function focusFirstProblem(problems: FieldProblems): void {
  const first = fieldOrder.find((field) => problems[field] !== undefined);
  if (first) requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById(inputId(first))?.focus()));
}

/** The server's problems by field of the form. */
export function fieldProblemsOf(error: ProblemError): FieldProblems {
  const known = error.problem.fields.filter((one): one is typeof one & { path: FieldName } => one.path in fieldLabels);
  return Object.fromEntries(known.map((one) => [one.path, one.message]));
}

export function useSave(form: DraftForm) {
  const queryClient = useQueryClient();
  const [isSaving, setSaving] = useState(false);
  const [failure, setFailure] = useState<Error | null>(null);
  const [theirs, setTheirs] = useState<SmtpSettings | null>(null);

  const refuse = (problems: FieldProblems) => {
    form.setProblems(problems);
    focusFirstProblem(problems);
    return null;
  };

  const send = async (version: number | undefined): Promise<SmtpSettings> => {
    const checked = checkDraft(form.draft);
    if (!checked.ok) throw new Error('An unchecked form is never sent.');
    if (form.base === null) return call(createSmtpSettings, { body: checked.input });
    return call(changeSmtpSettings, {
      params: { id: form.base.id },
      body: changesOf(form.draft, form.base),
      headers: { 'if-match': `"${version ?? form.base.version}"` },
    });
  };

  /** Resolves with what is saved, or null when it was not. `over` saves mine on a version of theirs. */
  const save = async (over?: SmtpSettings): Promise<SmtpSettings | null> => {
    if (isSaving) return null;
    setFailure(null);
    if (form.base !== null && !form.isDirty) return form.base;
    const checked = checkDraft(form.draft);
    if (!checked.ok) return refuse(checked.problems);
    if (form.passwordAgain) return refuse({ password: passwordAgainWords[form.passwordAgain] });
    setSaving(true);
    try {
      const saved = await send(over?.version);
      keepSettings(queryClient, saved);
      setTheirs(null);
      form.rebase(saved);
      return saved;
    } catch (error) {
      if (!(error instanceof ProblemError)) setFailure(error as Error);
      else if (error.problem.statusCode === 401) setFailure(new Error(signedOutWords));
      else if (error.problem.name === 'version_conflict' && error.problem.current) {
        setTheirs(error.problem.current as SmtpSettings);
      } else if (error.problem.statusCode === 404 && form.base) {
        // Deleted in between: reading them again lets the panel say so and keep what was typed.
        setTheirs(null);
        void queryClient.invalidateQueries({ queryKey: settingsQuery(form.base.id).queryKey });
      } else {
        const problems = fieldProblemsOf(error);
        if (Object.keys(problems).length > 0) refuse(problems);
        else setFailure(error);
        setTheirs(null);
      }
      return null;
    } finally {
      setSaving(false);
    }
  };

  return { save, isSaving, failure, theirs, setTheirs };
}
