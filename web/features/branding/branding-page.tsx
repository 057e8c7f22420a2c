/** Setup / Extensibility / Branding: what every template shows of the company, set once, with a real message beside it. */
import { useQuery } from '@tanstack/react-query';
import { changeBranding } from '../../../contracts/branding.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { Loading } from '../../ui/loading.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { BrandingForm } from './branding-form.tsx';
import classes from './branding-page.module.css';
import { brandingQuery } from './branding-queries.ts';

export function BrandingPage() {
  usePageTitle('Branding');
  const whyNot = useReasonWhyNot(changeBranding);
  const { data, error, refetch } = useQuery(brandingQuery);
  return (
    <div className={classes.page}>
      <h1>Branding</h1>
      <p className={classes.intro}>
        Set once, shown by every email template and on invoices, from the next message on. What was sent stays as it is.
      </p>
      {data !== undefined ? (
        <BrandingForm saved={data} whyNot={whyNot?.replace('do this', 'change Branding') ?? null} />
      ) : error === null ? (
        <Loading height={420} />
      ) : (
        <ProblemNote error={error} title="Branding could not be loaded" onRetry={() => void refetch()} />
      )}
    </div>
  );
}
