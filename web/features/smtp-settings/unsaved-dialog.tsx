import { Button, Group, Modal } from '@mantine/core';

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
    <Modal
      opened={isOpen}
      onClose={onKeepEditing}
      title="Unsaved changes"
      closeButtonProps={{ 'aria-label': 'Close' }}
      centered
    >
      <p>What you changed in {name === '' ? 'the new SMTP settings' : `“${name}”`} is not saved yet.</p>
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="default" onClick={onKeepEditing} data-autofocus>
          Keep editing
        </Button>
        <Button variant="outline" color="red" onClick={onDiscard}>
          Discard
        </Button>
        <Button onClick={onSave} loading={isSaving}>
          Save
        </Button>
      </Group>
    </Modal>
  );
}
