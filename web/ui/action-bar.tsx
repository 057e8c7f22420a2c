import type { ReactNode } from 'react';
import classes from './action-bar.module.css';
import { StatusWord } from './status-word.tsx';

/** The row of buttons under a form; it stays in view while the form is scrolled. */
export function ActionBar({ children }: { children: ReactNode }) {
  return <div className={classes.bar}>{children}</div>;
}

/** Not `disabled`: that would take the focus away from whoever pressed it. */
export const busy = (is: boolean) => (is ? { 'aria-disabled': true, 'data-busy': true } : {});

interface SaveStatusProps {
  isSaving?: boolean;
  /** Deleted in the meantime. */
  isGone?: boolean;
  isDirty: boolean;
  hasSaved: boolean;
}

/** Whether what was typed is saved. */
export function SaveStatus({ isSaving = false, isGone = false, isDirty, hasSaved }: SaveStatusProps) {
  if (isSaving) return null;
  if (isGone) return <StatusWord kind="waiting">Deleted by somebody else</StatusWord>;
  if (isDirty) return <StatusWord kind="waiting">Unsaved changes</StatusWord>;
  return hasSaved ? <StatusWord kind="sent">Saved</StatusWord> : null;
}
