import type { SmtpSettings } from '../../../contracts/smtp-settings.ts';
import { ConflictActions } from '../../ui/conflict-actions.tsx';
import { Dialog } from '../../ui/dialog.tsx';

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
    <Dialog isOpen onClose={onClose} title="Somebody else saved these settings">
      <p>
        {theirs.updatedBy} saved them <TimeAgo at={theirs.updatedAt} />, after you began to edit. Nothing of yours has
        been saved yet.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={classes.conflict} tabIndex={0} aria-label="Differences">
        <table>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Mine</th>
              <th scope="col">Theirs</th>
              <th scope="col">Before</th>
              <th scope="col">Changed by</th>
            </tr>
          </thead>
          <tbody>
            {differences.map((one) => (
              <tr key={one.field}>
                <th scope="row">{one.label}</th>
                <td data-chosen={one.changedBy !== 'theirs' || undefined}>{one.mine}</td>
                <td data-chosen={one.changedBy !== 'mine' || undefined}>{one.theirs}</td>
                <td>{one.before}</td>
                <td>{whose[one.changedBy]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p>
        “Keep mine” saves what you changed over their version; what only they changed stays theirs. “Take theirs” drops
        your changes.
      </p>
      <ConflictActions isSaving={isSaving} onTakeTheirs={onTakeTheirs} onKeepMine={onKeepMine} onClose={onClose} />
    </Dialog>
  );
}
