import { Button } from '@mantine/core';
import { IconPencil, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { deletePasskey, type Passkey, type SecondFactors } from '../../../contracts/second-factor.ts';
import { call } from '../../lib/call.ts';
import { canUsePasskeys } from '../../lib/passkey.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { Section } from '../../ui/section.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { isLastRequired, lastRequiredWords } from './is-last-required.ts';
import { AddPasskeyDialog, RenamePasskeyDialog } from './passkey-dialogs.tsx';
import classes from './second-factor.module.css';
import { useFactorChange } from './use-factor-change.ts';

/** Passkeys: added, renamed, deleted. */
export function PasskeySection({ factors }: { factors: SecondFactors }) {
  const { passkeys } = factors;
  const [isAdding, setAdding] = useState(false);
  const [renamed, setRenamed] = useState<Passkey | null>(null);
  const removal = useFactorChange(({ id }: Passkey) => call(deletePasskey, { params: { id } }), {
    onDone: ({ name }) => notifyDone(`The passkey “${name}” is deleted.`),
  });
  const askRemove = async (passkey: Passkey) => {
    const body = <p>It does not sign you in any more. What your device keeps of it can be deleted there.</p>;
    if (await askYesNo({ title: `Delete the passkey “${passkey.name}”?`, children: body })) removal.mutate(passkey);
  };
  const count = passkeys.length;
  return (
    <Section
      title="Passkeys"
      state={count === 0 ? <StatusWord kind="none">none</StatusWord> : <StatusWord kind="on">{`${count}`}</StatusWord>}
      intro="Your device signs you in by finger, face or PIN, without a password too. Nobody can be tricked into giving a passkey away."
    >
      {count > 0 && (
        <ul className={classes.list}>
          {passkeys.map((passkey) => (
            <li key={passkey.id}>
              <span>
                <span className={classes.name}>{passkey.name}</span>
                <span className={classes.dim}>
                  {passkey.isSynced ? 'On all your devices' : 'On one device'}, added <TimeAgo at={passkey.createdAt} />
                  , last used <TimeAgo at={passkey.lastUsedAt} />
                </span>
              </span>
              <IconButton label={`Rename ${passkey.name}`} onClick={() => setRenamed(passkey)}>
                <IconPencil size={18} aria-hidden />
              </IconButton>
              <IconButton
                label={`Delete ${passkey.name}`}
                disabledReason={isLastRequired(factors) ? lastRequiredWords : null}
                isLoading={removal.isPending && removal.variables.id === passkey.id}
                onClick={() => void askRemove(passkey)}
              >
                <IconTrash size={18} aria-hidden />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      {canUsePasskeys() ? (
        <Button variant="default" onClick={() => setAdding(true)}>
          Add a passkey
        </Button>
      ) : (
        <p>
          This browser offers no passkeys here: it does so on https pages and on localhost alone. Open Postern under an
          address that begins with https://.
        </p>
      )}
      {isAdding && <AddPasskeyDialog onClose={() => setAdding(false)} />}
      {renamed !== null && <RenamePasskeyDialog passkey={renamed} onClose={() => setRenamed(null)} />}
    </Section>
  );
}
