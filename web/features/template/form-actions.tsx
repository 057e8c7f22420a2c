import { Button } from '@mantine/core';
import { StatusWord } from '../../ui/status-word.tsx';
import classes from './template-panel.module.css';

interface FormActionsProps {
  formId: string;
  isDirty: boolean;
  isNew: boolean;
  /** Deleted in the meantime, so that saving adds it anew. */
  isGone: boolean;
  isSaving: boolean;
  hasSaved: boolean;
  isTesting: boolean;
  canTest: boolean;
  onTest: () => void;
  onDiscard: () => void;
}

/** Not `disabled`: that would take the focus away from whoever pressed it. */
const busy = (is: boolean) => (is ? { 'aria-disabled': true, 'data-busy': true } : {});

/** Save, test, and the way back; always in view. */
export function FormActions(props: FormActionsProps) {
  const { isDirty, isNew, isGone, isSaving, hasSaved, isTesting } = props;
  return (
    <div className={classes.actions}>
      <Button type="submit" form={props.formId} {...busy(isSaving)}>
        {isGone ? 'Save as new' : 'Save'}
      </Button>
      {props.canTest && (
        <Button variant="default" onClick={() => isTesting || isSaving || props.onTest()} {...busy(isTesting)}>
          {isDirty ? 'Save and send test to me' : 'Send test to me'}
        </Button>
      )}
      {(isNew || isDirty) && (
        <Button variant="subtle" onClick={props.onDiscard} {...(isNew ? {} : { 'aria-label': 'Discard changes' })}>
          {isNew ? 'Cancel' : 'Discard'}
        </Button>
      )}
      <span role="status" className={classes.status}>
        {isSaving ? null : isGone ? (
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
