/** Every save is a version that never changes: who, when, why; two of them compared; an older one made the newest. */
import { Button, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Template } from '../../../contracts/template.ts';
import { Loading } from '../../ui/loading.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { ContentDifferences } from './content-difference.tsx';
import { versionQuery, versionsQuery } from './template-queries.ts';
import classes from './versions-tab.module.css';

interface VersionsTabProps {
  template: Template;
  whyNotChange: string | null;
  onRestore: (version: number) => void;
}

export function VersionsTab({ template, whyNotChange, onRestore }: VersionsTabProps) {
  const versions = useQuery(versionsQuery(template.id));
  const all = versions.data?.data ?? [];
  const [chosen, setChosen] = useState<{ before: number; after: number } | null>(null);
  const words = all.map(({ version, name }) => ({ value: String(version), label: `Version ${version}: ${name}` }));
  if (versions.error)
    return (
      <ProblemNote
        error={versions.error}
        title="The versions could not be loaded"
        onRetry={() => void versions.refetch()}
      />
    );
  if (!versions.data) return <Loading height={200} />;
  return (
    <div className={classes.tab}>
      <ol className={classes.versions} aria-label="Versions, newest first">
        {all.map((one, at) => {
          const older = all[at + 1];
          return (
            <li key={one.version} data-chosen={chosen?.after === one.version || undefined}>
              <span className={classes.number}>{one.version}</span>
              <span className={classes.words}>
                <span>
                  {sentence(one.reason)} {one.version === template.version && <StatusWord kind="on">in use</StatusWord>}
                </span>
                <span className={classes.dim}>
                  <TimeAgo at={one.created_at} />
                  {one.created_by === '' ? '' : ` by ${one.created_by}`}: “{one.subject}”
                </span>
              </span>
              <span className={classes.buttons}>
                {older && (
                  <Button
                    size="compact-xs"
                    variant="default"
                    aria-label={`Changes of version ${one.version}`}
                    onClick={() => setChosen({ before: older.version, after: one.version })}
                  >
                    Changes
                  </Button>
                )}
                {one.version !== template.version && whyNotChange === null && (
                  <Button
                    size="compact-xs"
                    variant="default"
                    aria-label={`Restore version ${one.version}`}
                    onClick={() => onRestore(one.version)}
                  >
                    Restore
                  </Button>
                )}
              </span>
            </li>
          );
        })}
      </ol>
      {all.length < 2 && <p className={classes.dim}>When it is saved again, both versions can be compared here.</p>}
      {chosen && (
        <section className={classes.compare} aria-labelledby="template-compare-title">
          <h3 id="template-compare-title">Compare</h3>
          <div className={classes.pair}>
            <NativeSelect
              label="Before"
              data={words}
              value={String(chosen.before)}
              onChange={(event) => setChosen({ ...chosen, before: Number(event.currentTarget.value) })}
            />
            <NativeSelect
              label="After"
              data={words}
              value={String(chosen.after)}
              onChange={(event) => setChosen({ ...chosen, after: Number(event.currentTarget.value) })}
            />
          </div>
          <Comparison id={template.id} {...chosen} />
        </section>
      )}
    </div>
  );
}

const sentence = (reason: string) => `${reason[0]?.toUpperCase() ?? ''}${reason.slice(1)}`;

function Comparison({ id, before, after }: { id: string; before: number; after: number }) {
  const one = useQuery(versionQuery(id, before));
  const other = useQuery(versionQuery(id, after));
  const error = one.error ?? other.error;
  if (error) return <ProblemNote error={error} title="The versions could not be compared" />;
  if (!one.data || !other.data) return <Loading height={160} />;
  return <ContentDifferences before={one.data.content} after={other.data.content} />;
}
