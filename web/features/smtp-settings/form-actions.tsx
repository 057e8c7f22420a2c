import { Button } from '@mantine/core';
import { ActionBar, busy, SaveStatus } from '../../ui/action-bar.tsx';
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

/** Save, Test, and the way back; always in view. */
export function FormActions(props: FormActionsProps) {
  const { isReadOnly, isDirty, isNew, isSaving, hasSaved, isTesting, whyNotTest } = props;
  if (isReadOnly && whyNotTest !== null) return null;
  return (
    <ActionBar>
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
        <Button
          variant="subtle"
          className={classes.discard ?? ''}
          onClick={props.onDiscard}
          {...(isNew ? {} : { 'aria-label': 'Discard changes' })}
        >
          {isNew ? 'Cancel' : 'Discard'}
        </Button>
      ) : null}
      <span role="status" className={classes.status} data-dirty={(isDirty && !props.isGone) || undefined}>
        {!isReadOnly && <SaveStatus isSaving={isSaving} isGone={props.isGone} isDirty={isDirty} hasSaved={hasSaved} />}
      </span>
    </ActionBar>
  );
}
