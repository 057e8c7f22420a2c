import { useState } from 'react';
import { useLinkToken } from '../../lib/use-link-token.ts';
import { AskForReset } from './ask-for-reset.tsx';
import { ResetByLink } from './reset-by-link.tsx';

/** `/password-reset` asks for a link; `/password-reset#TOKEN`, the mailed one, sets another password. */
export function PasswordResetPage() {
  const [token, forget] = useLinkToken();
  const [email, setEmail] = useState('');
  if (token === '') return <AskForReset knownEmail={email} />;
  return <ResetByLink key={token} token={token} onEmail={setEmail} onForget={forget} />;
}
