import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { endOtherSessions, endSession, listSessions, type Session } from '../../../contracts/access.ts';
import { call } from '../../lib/call.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { Loading } from '../../ui/loading.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import classes from '../../ui/table.module.css';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { userAgentWords } from './user-agent-words.ts';

/** Where I am signed in; one can be ended, or all but this one. */
export function MySessionsPage() {
  usePageTitle('My sessions');
  const queryClient = useQueryClient();
  const sessions = useQuery({ queryKey: ['sessions'], queryFn: ({ signal }) => call(listSessions, { signal }) });
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['sessions'] });
  const end = useMutation({
    mutationFn: (id: string) => call(endSession, { params: { id } }),
    onSuccess: () => notifyDone('The session was ended.'),
    onError: notifyProblem,
    onSettled: refresh,
  });
  const endOthers = useMutation({
    mutationFn: () => call(endOtherSessions),
    onSuccess: () => notifyDone('All other sessions were ended.'),
    onError: notifyProblem,
    onSettled: refresh,
  });
  const others = sessions.data?.data.filter((session) => !session.isCurrent).length ?? 0;

  const askEnd = async (session: Session) => {
    const title = `End the session of ${userAgentWords(session.userAgent)}?`;
    const body = <p>Whoever uses it, at {session.ipAddress}, is signed out at once and must sign in again.</p>;
    if (await askYesNo({ title, children: body })) end.mutate(session.id);
  };
  const askEndOthers = async () => {
    const title = `End ${others === 1 ? 'the other session' : `the ${others} other sessions`}?`;
    const body = <p>Everywhere but here you must sign in again. Do this when you do not recognise one of them.</p>;
    if (await askYesNo({ title, children: body })) endOthers.mutate();
  };

  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1>My sessions</h1>
        <Button variant="default" disabled={others === 0} loading={endOthers.isPending} onClick={askEndOthers}>
          End all others
        </Button>
      </div>
      <p className={classes.intro}>Every browser in which you are signed in. Ending one signs it out at once.</p>
      <ProblemNote
        error={sessions.error}
        title="Your sessions could not be loaded"
        onRetry={() => sessions.refetch()}
      />
      {sessions.isPending && <Loading height={120} />}
      {sessions.data !== undefined && (
        <table className={classes.table} data-blocks>
          <thead>
            <tr>
              <th scope="col">Browser</th>
              <th scope="col">Address</th>
              <th scope="col">Signed in</th>
              <th scope="col">Last seen</th>
              <th scope="col">Ends</th>
              <th scope="col">
                <span className="postern-hidden">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sessions.data.data.map((session) => (
              <tr key={session.id}>
                <td className={classes.name} title={session.userAgent}>
                  {userAgentWords(session.userAgent)}
                </td>
                <td data-head="Address">{session.ipAddress}</td>
                <td data-head="Signed in">
                  <TimeAgo at={session.createdAt} />
                </td>
                <td data-head="Last seen">
                  <TimeAgo at={session.lastSeenAt} />
                </td>
                <td data-head="Ends">
                  <TimeAgo at={session.expiresAt} />
                </td>
                <td>
                  {session.isCurrent ? (
                    <StatusWord kind="on">this one</StatusWord>
                  ) : (
                    <Button
                      size="compact-sm"
                      variant="default"
                      loading={end.isPending && end.variables === session.id}
                      onClick={() => askEnd(session)}
                      aria-label={`End the session of ${userAgentWords(session.userAgent)}`}
                    >
                      End
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
