import { Button } from '@mantine/core';
import { StatusWord } from '../../ui/status-word.tsx';
import classes from './edit-panel.module.css';

interface FormActionsProps {
  formId: string;
  isReadOnly: boolean;
  isDirty: boolean;
  isNew: boolean;
  /** Whether they were deleted in the meantime, so that saving adds them anew. */
  isGone: boolean;
  isSaving: boolean;
  hasSaved: boolean;
  isTesting: boolean;
  whyNotTest: string | null;
  onTest: () => void;
  onDiscard: () => void;
}

/** Not `disabled`: that would take the focus away from whoever pressed it. */
const busy = (is: boolean) => (is ? { 'aria-disabled': true, 'data-busy': true } : {});

/** Save, Test, and the way back; always in view. */
export function FormActions(props: FormActionsProps) {
  const { isReadOnly, isDirty, isNew, isSaving, hasSaved, isTesting, whyNotTest } = props;
  if (isReadOnly && whyNotTest !== null) return null;
  return (
    <div className={classes.actions}>
      {isReadOnly ? null : (
        <Button type="submit" form={props.formId} {...busy(isSaving)}>
          {props.isGone ? 'Save as new' : 'Save'}
        </Button>
      )}
      {whyNotTest === null ? (
        <Button variant="default" onClick={() => isTesting || props.onTest()} {...busy(isTesting)}>
          Test these settings
        </Button>
      ) : null}
      {!isReadOnly && (isNew || isDirty) ? (
        <Button variant="subtle" onClick={props.onDiscard} {...(isNew ? {} : { 'aria-label': 'Discard changes' })}>
          {isNew ? 'Cancel' : 'Discard'}
        </Button>
      ) : null}
      <span role="status" className={classes.status} data-dirty={(isDirty && !props.isGone) || undefined}>
        {isReadOnly || isSaving ? null : props.isGone ? (
          <StatusWord kind="waiting">Deleted by somebody else</StatusWord>
        ) : isDirty ? (
          <StatusWord kind="waiting">Unsaved changes</StatusWord>
        ) : hasSaved ? (
          <StatusWord kind="sent">Saved</StatusWord>
        ) : null}
      </span>
    </div>
  );
}
