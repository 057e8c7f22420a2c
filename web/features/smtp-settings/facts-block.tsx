import type { SmtpSettings } from '../../../contracts/smtp-settings.ts';
import { ReadOnlyField } from '../../ui/read-only-field.tsx';
import { sizeWords } from '../../ui/size-words.ts';
import { TimeAgo } from '../../ui/time-ago.tsx';
import classes from './edit-panel.module.css';

/** What the program knows about these settings and nobody can change: purple, as everything read-only. */
export function FactsBlock({ settings }: { settings: SmtpSettings }) {
  const { lastTestOk, lastTestProblem, serverSeenAt, sizeLimitBytes } = settings;
  return (
    <dl className={classes.facts} aria-label="Facts">
      <ReadOnlyField label="Created">
        <TimeAgo at={settings.createdAt} />
      </ReadOnlyField>
      <ReadOnlyField label="Last saved">
        <TimeAgo at={settings.updatedAt} /> by {settings.updatedBy}
      </ReadOnlyField>
      <ReadOnlyField label="Last tested">
        <TimeAgo at={settings.lastTestedAt} never="Never" />
        {lastTestOk === null ? '' : lastTestOk ? ', passed' : `, failed: ${lastTestProblem}`}
      </ReadOnlyField>
      <ReadOnlyField label="Last used">
        <TimeAgo at={settings.lastUsedAt} never="Never" />
      </ReadOnlyField>
      {serverSeenAt !== null && (
        <ReadOnlyField label="Largest message">
          {sizeLimitBytes === null ? 'no limit named' : sizeWords(sizeLimitBytes)}, seen <TimeAgo at={serverSeenAt} />
        </ReadOnlyField>
      )}
    </dl>
  );
}
