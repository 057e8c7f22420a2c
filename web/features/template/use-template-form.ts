/** The form's state: what was typed, what it is compared with, and what is wrong with it. */
import { useMemo, useState } from 'react';
import type { Template } from '../../../contracts/template.ts';
import {
  draftOf,
  type FieldProblems,
  isDirty,
  newDraft,
  type TemplateDraft,
  type VariableDraft,
  type Words,
} from './template-draft.ts';

interface FormState {
  draft: TemplateDraft;
  /** What the form started from; null under Add. */
  base: Template | null;
  problems: FieldProblems;
}

const begin = (base: Template | null): FormState => ({ draft: base ? draftOf(base) : newDraft(), base, problems: {} });

export function useTemplateForm(saved: Template | null) {
  const [state, setState] = useState(() => begin(saved));
  const { draft, base } = state;
  const isChanged = useMemo(() => isDirty(draft, base), [draft, base]);
  /** What was wrong is looked at again when it is saved: a path may mean another language or variable by then. */
  const change = (edit: (draft: TemplateDraft) => Partial<TemplateDraft>, keeps: (path: string) => boolean) =>
    setState((now) => ({
      ...now,
      draft: { ...now.draft, ...edit(now.draft) },
      problems: Object.fromEntries(Object.entries(now.problems).filter(([path]) => keeps(path))),
    }));
  return {
    ...state,
    isDirty: isChanged,
    set: (fields: Partial<TemplateDraft>) =>
      change(
        () => fields,
        (path) => !(path.split('.')[0]! in fields),
      ),
    setWords: (at: number, fields: Partial<Words>) =>
      change(
        ({ words }) => ({ words: words.map((one, index) => (index === at ? { ...one, ...fields } : one)) }),
        (path) => !Object.keys(fields).some((field) => path === `${at === 0 ? '' : `variants.${at - 1}.`}${field}`),
      ),
    setAllWords: (edit: (words: Words[]) => Words[]) =>
      change(
        ({ words }) => ({ words: edit(words) }),
        (path) => !/^(subject|source|text|language|variants)/.test(path),
      ),
    setVariable: (id: number, fields: Partial<VariableDraft>) =>
      change(
        ({ variables }) => ({ variables: variables.map((one) => (one.id === id ? { ...one, ...fields } : one)) }),
        (path) => !path.startsWith('variables'),
      ),
    setVariables: (edit: (variables: VariableDraft[]) => VariableDraft[]) =>
      change(
        ({ variables }) => ({ variables: edit(variables) }),
        (path) => !path.startsWith('variables'),
      ),
    setProblems: (problems: FieldProblems) => setState((now) => ({ ...now, problems })),
    /** Starts again from `next`; with `keepDraft` what was typed stays and is compared with the new base. */
    rebase: (next: Template | null, keepDraft = false) =>
      setState((now) => (keepDraft ? { ...now, base: next, problems: {} } : begin(next))),
  };
}

export type TemplateForm = ReturnType<typeof useTemplateForm>;
