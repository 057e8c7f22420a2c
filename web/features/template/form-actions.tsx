import { Button } from '@mantine/core';
import { ActionBar, busy, SaveStatus } from '../../ui/action-bar.tsx';
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

/** Save, test, and the way back; always in view. */
export function FormActions(props: FormActionsProps) {
  const { isDirty, isNew, isGone, isSaving, hasSaved, isTesting } = props;
  return (
    <ActionBar>
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
        <SaveStatus isSaving={isSaving} isGone={isGone} isDirty={isDirty} hasSaved={hasSaved} />
      </span>
    </ActionBar>
  );
}
