import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMe } from '../../lib/me.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { Loading } from '../../ui/loading.tsx';
import { Note } from '../../ui/note.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import classes from '../../ui/sections.module.css';
import { factorsQuery } from './factors-query.ts';
import { PageQuestions } from './page-questions.tsx';
import { PasskeySection } from './passkey-section.tsx';
import { RecoverySection } from './recovery-section.tsx';
import { TotpSection } from './totp-section.tsx';

/** What is asked of me beside the password: an app's codes, passkeys, recovery codes. */
export function MySecondFactorsPage() {
  usePageTitle('My second factors');
  const me = useMe();
  const factors = useQuery(factorsQuery);
  const { data } = factors;
  const hasNone = data !== undefined && data.totp === null && data.passkeys.length === 0;
  return (
    <div className={classes.page}>
      <h1>My second factors</h1>
      <p className={classes.intro}>
        With one of them, a password that somebody else has learnt does not let them in. What is lost is ended here, or
        under <Link to="/me/sessions">My sessions</Link>.
      </p>
      {me.mustSetUpSecondFactor && (
        <Note kind="waiting" title="Set one up to go on">
          Administrators need a second factor here, and you have none yet. Everything else opens once you have one.
        </Note>
      )}
      <ProblemNote error={factors.error} title="Your factors could not be loaded" onRetry={() => factors.refetch()} />
      {factors.isPending && <Loading height={320} />}
      {data !== undefined && (
        <>
          <TotpSection factors={data} />
          <PasskeySection factors={data} />
          {!hasNone && <RecoverySection factors={data} />}
          <PageQuestions hasPasskey={data.passkeys.length > 0} />
        </>
      )}
    </div>
  );
}
