import { Button, Checkbox } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { useMe } from '../../lib/me.ts';
import { saveFile } from '../../lib/save-file.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { Note } from '../../ui/note.tsx';
import sections from '../../ui/sections.module.css';
import { printRecoveryCodes } from './print-recovery-codes.ts';
import classes from './second-factor.module.css';

interface RecoveryCodesDialogProps {
  codes: readonly string[];
  onClose: () => void;
}

/** The ten codes, the only time they can be seen. */
export function RecoveryCodesDialog({ codes, onClose }: RecoveryCodesDialogProps) {
  const { email } = useMe();
  const [isKept, setKept] = useState(false);
  const text = () => printRecoveryCodes(codes, email, location.origin, new Date());
  return (
    <Dialog isOpen isSticky={!isKept} title="Your recovery codes" onClose={onClose}>
      <div className={sections.stack}>
        <Note kind="waiting" title="This is the only time they are shown">
          Keep them where you find them without your phone: printed, or in a password manager. Each signs you in once,
          instead of app or passkey.
        </Note>
        <ol className={`postern-words ${classes.codes}`} data-testid="recovery-codes">
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ol>
        <div className={sections.buttons}>
          <CopyButton text={codes.join('\n')} label="Copy codes" />
          <Button
            variant="default"
            size="xs"
            leftSection={<IconDownload size={14} aria-hidden />}
            onClick={() => saveFile('postern-recovery-codes.txt', new Blob([text()], { type: 'text/plain' }))}
          >
            Download codes
          </Button>
        </div>
        <Checkbox
          label="I have kept them in a safe place"
          checked={isKept}
          onChange={(event) => setKept(event.currentTarget.checked)}
        />
      </div>
      <DialogActions>
        <Button disabled={!isKept} onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  );
}
