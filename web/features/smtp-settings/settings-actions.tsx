import { IconMailForward, IconStar, IconTrash } from '@tabler/icons-react';
import { IconButton } from '../../ui/icon-button.tsx';
import type { Permissions } from './permissions.ts';
import type { ListedSettings } from './smtp-settings-queries.ts';

interface SettingsActionsProps {
  selected: ListedSettings | null;
  /** Something is selected, but the list with it is not here yet. */
  isComing: boolean;
  permissions: Permissions;
  isTesting: boolean;
  onTest: (settings: ListedSettings) => void;
  onDelete: (settings: ListedSettings) => void;
  onMakeDefault: (settings: ListedSettings) => void;
}

const nothingSelected = 'Select SMTP settings in the list first.';
const beingLoaded = 'The settings are being loaded.';

/** What can be done with the selected settings: above the Filter box, and on a narrow screen above the form. */
export function SettingsActions(props: SettingsActionsProps) {
  const { selected, permissions, isTesting, onTest, onDelete, onMakeDefault } = props;
  const whyNone = props.isComing ? beingLoaded : nothingSelected;
  return (
    <>
      <IconButton
        label="Send a test email"
        disabledReason={permissions.whyNotTest ?? (selected ? (isTesting ? 'A test is running.' : null) : whyNone)}
        onClick={() => selected && onTest(selected)}
      >
        <IconMailForward size={18} aria-hidden />
      </IconButton>
      <IconButton
        label="Make default"
        disabledReason={
          permissions.whyNotMakeDefault ??
          (selected ? (selected.isDefault ? 'They are the default already.' : null) : whyNone)
        }
        onClick={() => selected && onMakeDefault(selected)}
      >
        <IconStar size={18} aria-hidden />
      </IconButton>
      <IconButton
        label="Delete"
        disabledReason={permissions.whyNotDelete ?? (selected ? null : whyNone)}
        onClick={() => selected && onDelete(selected)}
      >
        <IconTrash size={18} aria-hidden />
      </IconButton>
    </>
  );
}
