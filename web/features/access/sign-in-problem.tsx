import { useEffect, useState } from 'react';
import { ProblemError } from '../../lib/call.ts';
import { Note } from '../../ui/note.tsx';
import { SessionNotKeptError } from './confirm-session.ts';

/** Why sign-in was refused, plainly; after too many tries the seconds run down. */
export function SignInProblem({ error, of = 'password' }: { error: Error; of?: 'password' | 'passkey' }) {
  const wait =
    error instanceof ProblemError && error.problem.statusCode === 429 ? (error.retryAfterSeconds ?? 0) : null;
  if (wait !== null) return <TooManyTries seconds={wait} />;
  if (error instanceof ProblemError && error.problem.name === 'invalid_credentials') {
    if (of === 'passkey') {
      return (
        <Note kind="failed" title="This passkey does not open an account here">
          It may have been deleted in Postern, or its person may be kept out. Use your password, or another passkey.
        </Note>
      );
    }
    return (
      <Note kind="failed" title="E-mail address and password do not belong together">
        Check both, capital letters too. You can have a link mailed that sets another password.
      </Note>
    );
  }
  if (error instanceof SessionNotKeptError) {
    return (
      <Note kind="failed" title="You are signed in, but this browser did not keep the session">
        {error.message}
      </Note>
    );
  }
  return (
    <Note kind="failed" title={of === 'passkey' ? 'The passkey did not work' : 'Sign-in did not work'}>
      {error.message}
    </Note>
  );
}

function TooManyTries({ seconds }: { seconds: number }) {
  const [endsAt] = useState(() => Date.now() + seconds * 1000);
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    const timer = setInterval(() => setLeft(Math.max(0, Math.ceil((endsAt - Date.now()) / 1000))), 1000);
    return () => clearInterval(timer);
  }, [endsAt]);
  if (left === 0 && seconds > 0) return <Note kind="plain">You can try again now.</Note>;
  return (
    <Note kind="waiting" title="Too many tries">
      <p role="alert">
        {/* Announced once; only the eyes see it run down. */}
        <span className="postern-hidden">Wait {seconds} seconds, then try again.</span>
        <span aria-hidden className="postern-figures">
          {seconds > 0 ? `Try again in ${left} seconds.` : 'Wait a little, then try again.'}
        </span>
      </p>
    </Note>
  );
}
