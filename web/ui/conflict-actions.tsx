import { Button } from '@mantine/core';
import { DialogActions } from './dialog-actions.tsx';

interface ConflictActionsProps {
  isSaving: boolean;
  onTakeTheirs: () => void;
  onKeepMine: () => void;
  onClose: () => void;
}

/** The three ways out when somebody else saved in between. */
export function ConflictActions({ isSaving, onTakeTheirs, onKeepMine, onClose }: ConflictActionsProps) {
  return (
    <DialogActions>
      <Button variant="default" data-autofocus onClick={onClose}>
        Keep editing
      </Button>
      <Button variant="default" onClick={onTakeTheirs}>
        Take theirs
      </Button>
      <Button onClick={onKeepMine} loading={isSaving}>
        Keep mine
      </Button>
    </DialogActions>
  );
}
