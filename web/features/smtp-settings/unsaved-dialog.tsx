import { Button } from '@mantine/core';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';

interface UnsavedDialogProps {
  isOpen: boolean;
  name: string;
  isSaving: boolean;
  onSave: () => void;
  onDiscard: () => void;
  onKeepEditing: () => void;
}

/** Nothing typed is lost silently: leaving the form asks first. */
export function UnsavedDialog({ isOpen, name, isSaving, onSave, onDiscard, onKeepEditing }: UnsavedDialogProps) {
  return (
    <Dialog isOpen={isOpen} onClose={onKeepEditing} title="Unsaved changes">
      <p>What you changed in {name === '' ? 'the new SMTP settings' : `“${name}”`} is not saved yet.</p>
      <DialogActions>
        <Button variant="default" autoFocus onClick={onKeepEditing}>
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
