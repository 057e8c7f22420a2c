import { IconCopy, IconPlus, IconRestore, IconTrash } from '@tabler/icons-react';
import type { TemplateSummary } from '../../../contracts/template.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import type { permissionsFor } from './permissions.ts';

interface TemplateActionsProps {
  selected: TemplateSummary | null;
  permissions: ReturnType<typeof permissionsFor>;
  onDuplicate: (template: TemplateSummary) => void;
  onReset: (template: TemplateSummary) => void;
  onDelete: (template: TemplateSummary) => void;
  /** Absent where the list, and its way to add, is out of sight. */
  onAdd?: () => void;
}

/** What can be done with the selected template: above the Filter box, and on a narrow screen above the form. */
export function TemplateActions({
  selected,
  permissions,
  onDuplicate,
  onReset,
  onDelete,
  onAdd,
}: TemplateActionsProps) {
  return (
    <>
      <IconButton
        label="Duplicate"
        disabledReason={permissions.whyNotDuplicate}
        onClick={() => selected && onDuplicate(selected)}
      >
        <IconCopy size={18} aria-hidden />
      </IconButton>
      {selected?.is_built_in ? (
        <IconButton
          label="Reset to what Postern brought"
          disabledReason={permissions.whyNotReset}
          onClick={() => onReset(selected)}
        >
          <IconRestore size={18} aria-hidden />
        </IconButton>
      ) : (
        <IconButton
          label="Delete"
          disabledReason={permissions.whyNotDelete}
          onClick={() => selected && onDelete(selected)}
        >
          <IconTrash size={18} aria-hidden />
        </IconButton>
      )}
      {onAdd && (
        <IconButton label="Add an email template" disabledReason={permissions.whyNotAdd} onClick={onAdd}>
          <IconPlus size={18} aria-hidden />
        </IconButton>
      )}
    </>
  );
}
