import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, type RefObject, useEffect } from 'react';
import type { Template } from '../../../contracts/template.ts';
import { ProblemError } from '../../lib/call.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { TemplatePanel } from './template-panel.tsx';
import { dropFromList, templateQuery } from './template-queries.ts';

interface SelectedTemplateProps {
  id: string;
  whyNotChange: string | null;
  whyNotTest: string | null;
  onCreated: (template: Template) => void;
  unsaved: RefObject<boolean>;
  actions: ReactNode;
}

/** Reads the selected template (the list does not have its words), and says when it is gone; what was typed then stays. */
export function SelectedTemplate({ id, ...panel }: SelectedTemplateProps) {
  const queryClient = useQueryClient();
  const isNarrow = useIsNarrow();
  const one = useQuery(templateQuery(id));
  const { data, error } = one;
  const status = error instanceof ProblemError ? error.problem.statusCode : null;
  const isGone = status === 404 || status === 422;
  useEffect(() => {
    if (isGone) dropFromList(queryClient, id);
  }, [queryClient, id, isGone]);
  const nothing = (
    <EmptyState
      title="This template does not exist"
      isPage={isNarrow}
      action={<Link to="/setup/extensibility/email-templates">Show the list</Link>}
    >
      <p>It may have been deleted in the meantime, or the address is mistyped.</p>
    </EmptyState>
  );
  if (data) return <TemplatePanel key={id} saved={data} isGone={isGone} whenGone={nothing} {...panel} />;
  if (isGone) return nothing;
  if (error)
    return <ProblemNote error={error} title="The template could not be loaded" onRetry={() => void one.refetch()} />;
  return <Loading height={420} isPadded />;
}
