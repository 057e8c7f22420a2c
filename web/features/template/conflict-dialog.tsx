import type { Template } from '../../../contracts/template.ts';
import { ConflictActions } from '../../ui/conflict-actions.tsx';
import { Dialog } from '../../ui/dialog.tsx';

import { TimeAgo } from '../../ui/time-ago.tsx';
import { ContentDifferences } from './content-difference.tsx';
import { fieldLabel } from './place-words.ts';
import { changedFields, contentOf, draftOf, type TemplateDraft } from './template-draft.ts';
import classes from './template-panel.module.css';

interface ConflictDialogProps {
  /** What somebody else saved; null closes the dialog. */
  theirs: Template | null;
  base: Template;
  draft: TemplateDraft;
  isSaving: boolean;
  onTakeTheirs: () => void;
  onKeepMine: () => void;
  onClose: () => void;
}

/** Somebody saved in between: what they changed, which fields both of us touched, and a choice. */
export function ConflictDialog({
  theirs,
  base,
  draft,
  isSaving,
  onTakeTheirs,
  onKeepMine,
  onClose,
}: ConflictDialogProps) {
  if (!theirs) return null;
  const mine = changedFields(draft, base);
  const both = changedFields(draftOf(theirs), base).filter((field) => mine.includes(field));
  const words = (fields: readonly string[]) => fields.map((field) => `“${fieldWords(field)}”`).join(', ');
  return (
    <Dialog isOpen onClose={onClose} title="Somebody else saved this template">
      <p>
        {theirs.updated_by} saved version {theirs.version} <TimeAgo at={theirs.updated_at} />, after you began to edit.
        Nothing of yours has been saved yet.
      </p>
      <p>
        {both.length === 0
          ? 'You and they changed different fields: nothing of theirs would be lost.'
          : `Both of you changed ${words(both)}. “Keep mine” saves yours over theirs, whose version stays among the versions.`}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={classes.conflict} tabIndex={0} aria-label="What they changed">
        <ContentDifferences before={contentOf(draftOf(base))} after={contentOf(draftOf(theirs))} />
      </section>
      <ConflictActions isSaving={isSaving} onTakeTheirs={onTakeTheirs} onKeepMine={onKeepMine} onClose={onClose} />
    </Dialog>
  );
}

const fieldWords = (field: string) =>
  field === 'variants' ? 'other languages' : field === 'variables' ? 'variables' : fieldLabel(field);
