import { Button } from '@mantine/core';
import { useQueryErrorResetBoundary } from '@tanstack/react-query';
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { usePageTitle } from '../lib/page-title.ts';
import { ProblemError, UnreachableError } from '../lib/problem-error.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ServerWords } from '../ui/server-words.tsx';

/** The error page where there is no shell around it. */
export function BareErrorPage(props: ErrorComponentProps) {
  return (
    <main>
      <ErrorPage {...props} />
    </main>
  );
}

/** What stands in a page's place when it could not be loaded, or broke. */
export function ErrorPage({ error }: ErrorComponentProps) {
  usePageTitle('Something went wrong');
  const router = useRouter();
  const { reset } = useQueryErrorResetBoundary();
  const isKnown = error instanceof ProblemError || error instanceof UnreachableError;
  if (!isKnown && /dynamically imported module|importing a module script|preload/i.test(String(error))) {
    return (
      <EmptyState
        isPage
        title="Load Postern anew"
        action={<Button onClick={() => location.reload()}>Load anew</Button>}
      >
        <p role="alert">A part of this page is not there any more: Postern was probably updated while it was open.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      isPage
      title={isKnown ? 'This page could not be loaded' : 'This page broke'}
      action={
        <Button
          onClick={() => {
            reset();
            void router.invalidate();
          }}
        >
          Try again
        </Button>
      }
    >
      <p role="alert">
        {isKnown
          ? error.message
          : 'That is a fault in Postern. Try again; if it happens every time, send these words to whoever looks after it.'}
      </p>
      {isKnown ? null : <ServerWords>{String(error)}</ServerWords>}
    </EmptyState>
  );
}
