import { Button, Group, Modal, Table } from '@mantine/core';
import type { SmtpSettings } from '../../../contracts/smtp-settings.ts';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { differencesOf } from './difference.ts';
import type { Draft } from './draft.ts';
import classes from './edit-panel.module.css';

interface ConflictDialogProps {
  /** What somebody else saved; null closes the dialog. */
  theirs: SmtpSettings | null;
  base: SmtpSettings;
  draft: Draft;
  isSaving: boolean;
  onTakeTheirs: () => void;
  onKeepMine: () => void;
  onClose: () => void;
}

const whose = { both: 'both of you', mine: 'you', theirs: 'them' } as const;

/** Somebody saved in between: field by field, mine, theirs and what was there before, and a choice. */
export function ConflictDialog(props: ConflictDialogProps) {
  const { theirs, base, draft, isSaving, onTakeTheirs, onKeepMine, onClose } = props;
  if (!theirs) return null;
  const differences = differencesOf(draft, base, theirs);
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title="Somebody else saved these settings"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <p className={classes.dialogWords}>
        {theirs.updatedBy} saved them <TimeAgo at={theirs.updatedAt} />, after you began to edit. Nothing of yours has
        been saved yet.
      </p>
      <Table.ScrollContainer minWidth={460} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Field</Table.Th>
              <Table.Th>Mine</Table.Th>
              <Table.Th>Theirs</Table.Th>
              <Table.Th>Before</Table.Th>
              <Table.Th>Changed by</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {differences.map((one) => (
              <Table.Tr key={one.field} data-both={one.changedBy === 'both' || undefined}>
                <Table.Th scope="row">{one.label}</Table.Th>
                <Table.Td>{one.mine}</Table.Td>
                <Table.Td>{one.theirs}</Table.Td>
                <Table.Td className={classes.before ?? ''}>{one.before}</Table.Td>
                <Table.Td>{whose[one.changedBy]}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <p className={classes.dialogWords}>
        “Keep mine” saves what you changed over their version; what only they changed stays theirs. “Take theirs” drops
        your changes.
      </p>
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep editing
        </Button>
        <Button variant="default" onClick={onTakeTheirs}>
          Take theirs
        </Button>
        <Button onClick={onKeepMine} loading={isSaving}>
          Keep mine
        </Button>
      </Group>
    </Modal>
  );
}
