/**
 * The home page: what goes out, what waits and for what, what failed and why, how each server fares. Every figure leads to
 * the messages behind it.
 */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { overviewQuery } from '../../lib/overview.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { FailedReasons } from './failed-reasons.tsx';
import { HourChart } from './hour-chart.tsx';
import classes from './overview-page.module.css';
import { PauseAll } from './pause-all.tsx';
import { ServerHealth } from './server-health.tsx';
import { WaitingList } from './waiting-list.tsx';

export function OverviewPage() {
  usePageTitle('Dashboard');
  const { data, error, refetch } = useQuery(overviewQuery);
  if (data === undefined) {
    return error === null ? (
      <Loading height={240} isPadded />
    ) : (
      <ProblemNote error={error} title="The figures could not be loaded" onRetry={() => void refetch()} />
    );
  }
  // Nothing was sent and nothing can be: the figures would all be nought.
  if (data.settings.length === 0 && data.waiting.length === 0) {
    return (
      <>
        <h1 className="postern-hidden">Dashboard</h1>
        <EmptyState
          title="Nothing can be sent yet"
          action={
            <Button component={Link} to="/setup/extensibility/smtp-settings">
              Set up SMTP settings
            </Button>
          }
        >
          <p>
            Postern sends mail by SMTP settings: your mail server, or the sandbox inside Postern that catches every
            message and forwards none. Set one up, and this page shows what goes out, what waits, and why.
          </p>
        </EmptyState>
      </>
    );
  }
  return (
    <div className={classes.page}>
      <h1 className="postern-hidden">Dashboard</h1>
      <ProblemNote error={error} title="The figures are not current" onRetry={() => void refetch()} />
      <section aria-labelledby="hours-title" className={classes.wide}>
        <div className={classes.head}>
          <h2 id="hours-title">The last 24 hours</h2>
          <PauseAll />
        </div>
        <HourChart hours={data.hours} />
      </section>
      <section aria-labelledby="waiting-title">
        <h2 id="waiting-title">Waiting</h2>
        <WaitingList waiting={data.waiting} />
      </section>
      <section aria-labelledby="failed-title">
        <h2 id="failed-title">Failed in 24 hours</h2>
        <FailedReasons failed={data.failed} />
      </section>
      <section aria-labelledby="servers-title" className={classes.wide}>
        <h2 id="servers-title">SMTP settings</h2>
        <ServerHealth settings={data.settings} />
      </section>
    </div>
  );
}
