import { useQuery } from '@tanstack/react-query';
import type { SmtpSettings } from '../../../contracts/smtp-settings.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { usageQuery } from './smtp-settings-queries.ts';

/** Asks before these settings are deleted, naming them and what still uses them; true for Yes. */
export const askDelete = (settings: SmtpSettings): Promise<boolean> =>
  askYesNo({ title: `Delete “${settings.name}”?`, children: <WhatGoes settings={settings} /> });

function WhatGoes({ settings }: { settings: SmtpSettings }) {
  const usage = useQuery(usageQuery(settings.id));
  return (
    <>
      <p>
        The SMTP settings for {settings.host}:{settings.port}
        {settings.hasPassword ? ' and their saved password' : ''} will be deleted. This cannot be undone.
      </p>
      <div aria-live="polite">
        {usage.isPending ? <p>Looking for what still uses them…</p> : null}
        {usage.error ? <p>What still uses them could not be found out: {usage.error.message}</p> : null}
        {usage.data?.data.length === 0 ? <p>Nothing uses them.</p> : null}
        {usage.data && usage.data.data.length > 0 ? (
          <>
            <p>Still used by:</p>
            <ul>
              {usage.data.data.map((one) => (
                <li key={`${one.kind} ${one.name}`}>
                  {one.kind} “{one.name}”
                </li>
              ))}
            </ul>
          </>
        ) : null}
      </div>
    </>
  );
}
