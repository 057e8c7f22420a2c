import { Button } from '@mantine/core';
import { Dialog } from './dialog.tsx';
import { DialogActions } from './dialog-actions.tsx';

interface UnsavedDialogProps {
  isOpen: boolean;
  /** `“Invoice”`, `the new template`. */
  what: string;
  isSaving: boolean;
  onSave: () => void;
  onDiscard: () => void;
  onKeepEditing: () => void;
}

/** Nothing typed is lost silently: leaving the form asks first. */
export function UnsavedDialog({ isOpen, what, isSaving, onSave, onDiscard, onKeepEditing }: UnsavedDialogProps) {
  return (
    <Dialog isOpen={isOpen} onClose={onKeepEditing} title="Unsaved changes">
      <p>What you changed in {what} is not saved yet.</p>
      <DialogActions>
        <Button variant="default" data-autofocus onClick={onKeepEditing}>
          Keep editing
        </Button>
        <Button variant="outline" color="red" onClick={onDiscard}>
          Discard
        </Button>
        <Button onClick={onSave} loading={isSaving}>
          Save
        </Button>
      </DialogActions>
    </Dialog>
  );
}
