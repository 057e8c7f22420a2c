/** Questions before something goes: each names the template and what it means. */
import { useQuery } from '@tanstack/react-query';
import type { TemplateSummary } from '../../../contracts/template.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { lastUseQuery } from './template-queries.ts';

const unsavedWords = 'What you changed in the form and have not saved goes too.';

export const askDelete = (template: TemplateSummary, hasUnsaved: boolean): Promise<boolean> =>
  askYesNo({
    title: `Delete “${template.name}”?`,
    children: (
      <>
        <p>
          The template and its {template.version === 1 ? 'one version' : `${template.version} versions`} will be
          deleted. What was sent stays as it is; programs that name “{template.key}” are refused from then on. This
          cannot be undone.
        </p>
        {hasUnsaved && <p>{unsavedWords}</p>}
        <LastUse templateKey={template.key} />
      </>
    ),
  });

export const askReset = (template: TemplateSummary, hasUnsaved: boolean): Promise<boolean> =>
  askYesNo({
    title: `Reset “${template.name}”?`,
    children: (
      <>
        <p>
          It becomes what Postern brought, as a new version. What it is now stays among its versions and can be
          restored.
        </p>
        {hasUnsaved && <p>{unsavedWords}</p>}
      </>
    ),
  });

export const askRestore = (name: string, version: number, hasUnsaved: boolean): Promise<boolean> =>
  askYesNo({
    title: `Restore version ${version} of “${name}”?`,
    isDestructive: hasUnsaved,
    children: (
      <>
        <p>It becomes the newest version, which new messages are made from. The others stay.</p>
        {hasUnsaved && <p>{unsavedWords}</p>}
      </>
    ),
  });

/** Whether a message was made of it lately: programs that send by it are known by nothing else. */
function LastUse({ templateKey }: { templateKey: string }) {
  const { data, error } = useQuery(lastUseQuery(templateKey));
  return (
    <div aria-live="polite">
      {data === undefined && error === null && <p>Looking for when it was last used…</p>}
      {error && <p>When it was last used could not be found out: {error.message}</p>}
      {data &&
        (data.at !== null ? (
          <p>
            Last used <TimeAgo at={data.at} />.
          </p>
        ) : data.isSure ? (
          <p>No message of the last 30 days was made of it.</p>
        ) : (
          <p>Search the message log for template:{templateKey} to see when it was last used.</p>
        ))}
    </div>
  );
}
