import { NativeSelect } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Branding, BrandingChanges } from '../../../contracts/branding.ts';
import { Loading } from '../../ui/loading.tsx';
import { MailPreview } from '../../ui/mail-preview.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { type BrandingDraft, previewable } from './branding-draft.ts';
import classes from './branding-page.module.css';
import { previewQuery, templateChoiceQuery } from './branding-queries.ts';

const restMs = 300;

/** A message of one of the templates, in Branding as it stands in the form. */
export function BrandingPreview({ draft, saved }: { draft: BrandingDraft; saved: Branding }) {
  const templates = useQuery(templateChoiceQuery);
  const [chosen, setChosen] = useState('');
  const all = templates.data ?? [];
  const id = (all.find((one) => one.id === chosen) ?? all.find(({ key }) => key === 'invoice') ?? all[0])?.id;
  const now = useMemo(() => JSON.stringify(previewable(draft, saved)), [draft, saved]);
  const [body] = useDebouncedValue(now, restMs);
  const preview = useQuery(previewQuery(id, JSON.parse(body) as BrandingChanges, saved.version));
  const error = templates.error ?? preview.error;
  return (
    <div className={classes.beside} aria-busy={body !== now || preview.isPlaceholderData}>
      <ProblemNote error={error} title="The preview could not be made" onRetry={() => void preview.refetch()} />
      {preview.data === undefined ? (
        error === null && <Loading height={420} />
      ) : (
        <MailPreview
          title="Preview"
          htmlPath={preview.data.html_path}
          text={preview.data.text}
          whyNone={preview.data.problems[0]?.message ?? 'It cannot be shown: the template needs a repair.'}
        >
          <NativeSelect
            size="xs"
            aria-label="Shown template"
            data={all.map(({ id: value, name }) => ({ value, label: name }))}
            value={id ?? ''}
            onChange={(event) => setChosen(event.currentTarget.value)}
          />
        </MailPreview>
      )}
    </div>
  );
}
