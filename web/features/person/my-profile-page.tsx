import { useQuery } from '@tanstack/react-query';
import { usePageTitle } from '../../lib/page-title.ts';
import { Loading } from '../../ui/loading.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import classes from '../../ui/sections.module.css';
import { EmailSection } from './email-section.tsx';
import { NameSection } from './name-section.tsx';
import { PasswordSection } from './password-section.tsx';
import { profileQuery } from './profile-query.ts';

/** My name, language, address and password. */
export function MyProfilePage() {
  usePageTitle('My profile');
  const profile = useQuery(profileQuery);
  return (
    <div className={classes.page}>
      <h1>My profile</h1>
      <ProblemNote error={profile.error} title="Your profile could not be loaded" onRetry={() => profile.refetch()} />
      {profile.isPending && <Loading height={320} />}
      {profile.data !== undefined && (
        <>
          <NameSection profile={profile.data} />
          <EmailSection profile={profile.data} />
          <PasswordSection profile={profile.data} />
        </>
      )}
    </div>
  );
}
