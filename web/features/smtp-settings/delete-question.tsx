import { useQuery } from '@tanstack/react-query';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { type ListedSettings, usageQuery } from './smtp-settings-queries.ts';

interface WhatGoesProps {
  settings: ListedSettings;
  /** Whether the form holds changes of these settings that are not saved. */
  hasUnsaved: boolean;
}

/** Asks before these settings are deleted, naming them, what still uses them and what is lost; true for Yes. */
export const askDelete = (what: WhatGoesProps): Promise<boolean> =>
  askYesNo({ title: `Delete “${what.settings.name}”?`, children: <WhatGoes {...what} /> });

function WhatGoes({ settings, hasUnsaved }: WhatGoesProps) {
  const usage = useQuery(usageQuery(settings.id));
  return (
    <>
      <p>
        The SMTP settings for {settings.host}:{settings.port}
        {settings.hasPassword ? ' and their saved password' : ''} will be deleted. This cannot be undone.
      </p>
      {hasUnsaved ? <p>What you changed in the form and have not saved goes too.</p> : null}
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
