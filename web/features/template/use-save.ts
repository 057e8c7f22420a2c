/**
 * Saving: creates, or changes only what changed, on the version that was read. A version that is no longer the newest is
 * refused by the server; then `theirs` holds what somebody else saved, and nothing of ours is stored.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changeTemplate, createTemplate, type Template } from '../../../contracts/template.ts';
import { call, ProblemError } from '../../lib/call.ts';
import { changedFields, changesOf, checkDraft, type FieldProblems } from './template-draft.ts';
import { keepTemplate, templateQuery } from './template-queries.ts';
import type { TemplateForm } from './use-template-form.ts';

const signedOutWords =
  'You were signed out in the meantime. Sign in again in another tab, then press Save here: what you typed is kept.';

/** @param onRefused leads to the first of the problems. */
export function useSave(form: TemplateForm, onRefused: (problems: FieldProblems) => void) {
  const queryClient = useQueryClient();
  const [isSaving, setSaving] = useState(false);
  const [failure, setFailure] = useState<Error | null>(null);
  const [theirs, setTheirs] = useState<Template | null>(null);

  const refuse = (problems: FieldProblems) => {
    form.setProblems(problems);
    onRefused(problems);
    return null;
  };

  /** Resolves with what is saved, or null when it was not. `over` saves mine on a version of theirs. */
  const save = async (over?: Template): Promise<Template | null> => {
    const { draft, base } = form;
    if (isSaving) return null;
    setFailure(null);
    if (base !== null && changedFields(draft, base).length === 0) return base;
    const checked = checkDraft(draft);
    if (!checked.ok) return refuse(checked.problems);
    setSaving(true);
    try {
      const saved = await (base === null
        ? call(createTemplate, { body: checked.input })
        : call(changeTemplate, {
            params: { id: base.id },
            body: changesOf(draft, base),
            headers: { 'if-match': `"${(over ?? base).version}"` },
          }));
      keepTemplate(queryClient, saved);
      setTheirs(null);
      form.rebase(saved);
      return saved;
    } catch (error) {
      if (!(error instanceof ProblemError)) setFailure(error as Error);
      else if (error.problem.statusCode === 401) setFailure(new Error(signedOutWords));
      else if (error.problem.name === 'version_conflict' && error.problem.current) {
        setTheirs(error.problem.current as Template);
      } else if (error.problem.statusCode === 404 && base) {
        // Deleted in between: reading it again lets the panel say so and keep what was typed.
        setTheirs(null);
        void queryClient.invalidateQueries({ queryKey: templateQuery(base.id).queryKey });
      } else {
        setTheirs(null);
        const problems = Object.fromEntries(error.problem.fields.map(({ path, message }) => [path, message]));
        if (Object.keys(problems).length === 0) setFailure(error);
        else refuse(problems);
      }
      return null;
    } finally {
      setSaving(false);
    }
  };

  return { save, isSaving, failure, theirs, setTheirs };
}
