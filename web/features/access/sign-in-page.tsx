import { useQuery } from '@tanstack/react-query';
import { useLocation } from '@tanstack/react-router';
import { useState } from 'react';
import { readFirstRun, type SecondStep as SecondStepNeeded } from '../../../contracts/access.ts';
import { call } from '../../lib/call.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { Note } from '../../ui/note.tsx';
import { OutsidePage } from '../../ui/outside-page.tsx';
import { PasswordStep } from './password-step.tsx';
import { SecondStep } from './second-step.tsx';

/** Password, then the second step where a factor is on; or a passkey alone. Leads back to where the person was going. */
export function SignInPage() {
  const [needed, setNeeded] = useState<SecondStepNeeded | null>(null);
  // Kept here: who begins again need not type the address again.
  const arrival = useLocation({ select: ({ state }) => ({ email: state.email ?? '', notice: state.notice ?? null }) });
  const [email, setEmail] = useState(arrival.email);
  const title = needed === null ? 'Sign in' : 'One more step';
  usePageTitle(title);
  const firstRun = useQuery({ queryKey: ['first-run'], queryFn: ({ signal }) => call(readFirstRun, { signal }) });
  if (needed !== null) {
    return (
      <OutsidePage title={title} key="second">
        <SecondStep email={email} step={needed} onAgain={() => setNeeded(null)} />
      </OutsidePage>
    );
  }
  return (
    <OutsidePage title={title}>
      {firstRun.data?.isOpen === true && (
        <Note kind="waiting" title="Nobody can sign in yet">
          Postern printed a link on its console when it started. Open that link to create the first administrator. The
          link is lost? Restart Postern: it prints a new one.
        </Note>
      )}
      {arrival.notice !== null && <Note kind="sent">{arrival.notice}</Note>}
      <PasswordStep email={email} onEmail={setEmail} onSecondStep={setNeeded} />
    </OutsidePage>
  );
}
