import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { beginTotp, deleteTotp, type SecondFactors } from '../../../contracts/second-factor.ts';
import { call } from '../../lib/call.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { ReasonButton } from '../../ui/reason-button.tsx';
import { Section } from '../../ui/section.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { confirmed, GivenUpError } from './confirmed.ts';
import { isLastRequired, lastRequiredWords } from './is-last-required.ts';
import { TotpDialog } from './totp-dialog.tsx';
import { useFactorChange } from './use-factor-change.ts';

/** Codes of an authenticator app: on or off. */
export function TotpSection({ factors }: { factors: SecondFactors }) {
  const { totp, passkeys } = factors;
  const start = useMutation({
    mutationFn: () => confirmed(() => call(beginTotp)),
    onError: (error) => {
      if (!(error instanceof GivenUpError)) notifyProblem(error);
    },
    // The secret is not kept in memory after the dialog is gone.
    gcTime: 0,
  });
  const removal = useFactorChange(() => call(deleteTotp), {
    onDone: () => notifyDone('The authenticator app is off.'),
  });
  const askRemove = async () => {
    const body =
      passkeys.length > 0 ? (
        <p>The codes it shows are not taken any more. Your passkeys stay.</p>
      ) : (
        <p>The codes it shows are not taken any more, and your password alone signs you in.</p>
      );
    if (await askYesNo({ title: 'Turn the authenticator app off?', children: body })) removal.mutate();
  };
  return (
    <Section
      title="Authenticator app"
      state={totp === null ? <StatusWord kind="none">off</StatusWord> : <StatusWord kind="on">on</StatusWord>}
      intro="An app on your phone shows a code of six digits that changes every 30 seconds: Aegis, Google Authenticator, 1Password and the like."
    >
      {totp === null ? (
        <Button variant="default" loading={start.isPending} onClick={() => start.mutate()}>
          Set up an app
        </Button>
      ) : (
        <>
          <p>
            Set up <TimeAgo at={totp.createdAt} />.
          </p>
          <ReasonButton
            size="sm"
            isLoading={removal.isPending}
            disabledReason={isLastRequired(factors) ? lastRequiredWords : null}
            onClick={() => void askRemove()}
          >
            Turn off
          </ReasonButton>
        </>
      )}
      {start.data !== undefined && <TotpDialog begun={start.data} onClose={() => start.reset()} />}
    </Section>
  );
}
