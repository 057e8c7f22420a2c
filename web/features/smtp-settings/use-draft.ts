/** The form's state: what was typed, what it is compared with, what is wrong with it, and what a repair changed. */
import { useReducer } from 'react';
import type { SmtpSettings, SmtpSettingsChanges } from '../../../contracts/smtp-settings.ts';
import { applyChanges, type Draft, draftOf, type FieldProblems, isDirty, newDraft, whyPasswordAgain } from './draft.ts';
import type { FieldName } from './field-words.ts';

interface FormState {
  draft: Draft;
  /** What the form started from; null under Add. */
  base: SmtpSettings | null;
  problems: FieldProblems;
  /** Fields that a repair or a preset filled, until somebody types in them. */
  filled: ReadonlySet<FieldName>;
}

type FormAction =
  | { type: 'set'; change: Partial<Draft> }
  | { type: 'fill'; changes: SmtpSettingsChanges }
  | { type: 'problems'; problems: FieldProblems }
  | { type: 'rebase'; base: SmtpSettings | null; keepDraft?: boolean };

const lenders: ReadonlySet<string> = new Set<keyof Draft>([
  'forgetPassword',
  'host',
  'username',
  'starttlsOnly',
  'security',
  'certificateCheck',
  'certificateFingerprint',
  'caCertificate',
]);

const begin = (base: SmtpSettings | null): FormState => ({
  draft: base ? draftOf(base) : newDraft(),
  base,
  problems: {},
  filled: new Set(),
});

function reduceForm(state: FormState, action: FormAction): FormState {
  switch (action.type) {
    case 'set': {
      const touched = new Set(Object.keys(action.change));
      // Whether the password is asked for hangs on the others: what was said of it no longer holds.
      if ([...touched].some((field) => lenders.has(field))) touched.add('password');
      return {
        ...state,
        draft: { ...state.draft, ...action.change },
        problems: Object.fromEntries(Object.entries(state.problems).filter(([field]) => !touched.has(field))),
        filled: new Set([...state.filled].filter((field) => !(field in action.change))),
      };
    }
    case 'fill': {
      const { draft, fields } = applyChanges(state.draft, action.changes);
      return { ...state, draft, problems: {}, filled: new Set([...state.filled, ...fields]) };
    }
    case 'problems':
      return { ...state, problems: action.problems };
    case 'rebase':
      if (!action.keepDraft) return begin(action.base);
      // Without a base there is no saved password left to forget.
      return {
        ...state,
        base: action.base,
        draft: action.base ? state.draft : { ...state.draft, forgetPassword: false },
      };
  }
}

/** @param shown fingerprints of the certificates that tests of these settings have shown */
export function useDraft(initial: SmtpSettings | null, shown: ReadonlySet<string>) {
  const [state, dispatch] = useReducer(reduceForm, initial, begin);
  return {
    ...state,
    shown,
    isDirty: isDirty(state.draft, state.base),
    passwordAgain: whyPasswordAgain(state.draft, state.base, shown),
    set: (change: Partial<Draft>) => dispatch({ type: 'set', change }),
    fill: (changes: SmtpSettingsChanges) => dispatch({ type: 'fill', changes }),
    setProblems: (problems: FieldProblems) => dispatch({ type: 'problems', problems }),
    /** Starts again from `base`; with `keepDraft` what was typed stays and is compared with the new base. */
    rebase: (base: SmtpSettings | null, keepDraft = false) => dispatch({ type: 'rebase', base, keepDraft }),
  };
}

export type DraftForm = ReturnType<typeof useDraft>;
