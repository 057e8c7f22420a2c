import type { Branding } from '../../../contracts/branding.ts';
import { ConflictActions } from '../../ui/conflict-actions.tsx';
import { Dialog } from '../../ui/dialog.tsx';

import { TimeAgo } from '../../ui/time-ago.tsx';
import { type BrandingDraft, brandingLabels, changedFields, draftOf } from './branding-draft.ts';

interface ConflictDialogProps {
  /** What somebody else saved; null closes the dialog. */
  theirs: Branding | null;
  base: Branding;
  draft: BrandingDraft;
  isSaving: boolean;
  onTakeTheirs: () => void;
  onKeepMine: () => void;
  onClose: () => void;
}

/** Somebody saved in between: which fields each of us changed, and a choice. */
export function ConflictDialog(props: ConflictDialogProps) {
  const { theirs, base, draft, isSaving, onTakeTheirs, onKeepMine, onClose } = props;
  if (!theirs) return null;
  const mine = changedFields(draft, base);
  const changed = changedFields(draftOf(theirs), base);
  const words = (fields: readonly (keyof BrandingDraft)[]) => fields.map((field) => brandingLabels[field]).join(', ');
  const both = changed.filter((field) => mine.includes(field));
  return (
    <Dialog isOpen onClose={onClose} title="Somebody else saved Branding">
      <p>
        {theirs.updated_by} saved it <TimeAgo at={theirs.updated_at} />, after you began to edit. Nothing of yours has
        been saved yet.
      </p>
      <p>They changed: {changed.length === 0 ? 'the logo' : words(changed)}.</p>
      <p>You changed: {words(mine)}.</p>
      <p>
        {both.length === 0
          ? 'Nothing of theirs would be lost.'
          : `“Keep mine” replaces what they wrote into: ${words(both)}.`}
      </p>
      <ConflictActions isSaving={isSaving} onTakeTheirs={onTakeTheirs} onKeepMine={onKeepMine} onClose={onClose} />
    </Dialog>
  );
}
