import { useSyncExternalStore } from 'react';
import { askedStore, closeRecoveryCodes } from './asked.ts';
import { RecoveryCodesDialog } from './recovery-codes-dialog.tsx';
import { WhoYouAreDialog } from './who-you-are-dialog.tsx';

/** Where what is asked and shown beside the page appears; once on it. */
export function PageQuestions({ hasPasskey }: { hasPasskey: boolean }) {
  const asked = useSyncExternalStore(askedStore.subscribe, askedStore.read);
  if (asked === null) return null;
  return asked.kind === 'who-you-are' ? (
    <WhoYouAreDialog hasPasskey={hasPasskey} onAnswer={asked.answer} />
  ) : (
    <RecoveryCodesDialog codes={asked.codes} onClose={closeRecoveryCodes} />
  );
}
