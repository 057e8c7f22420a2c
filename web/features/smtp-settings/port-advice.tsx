import { Button } from '@mantine/core';
import { Note } from '../../ui/note.tsx';
import type { DraftForm } from './use-draft.ts';

/** The commonest mistake of all, said before a test has to fail: port and encryption that do not belong together. */
export function PortAdvice({ form }: { form: DraftForm }) {
  const { port, starttlsOnly, security } = form.draft;
  const advice =
    port.trim() === '465' && starttlsOnly
      ? {
          words: 'Port 465 speaks TLS from the start, and STARTTLS is not offered there.',
          label: 'Use TLS from the start',
          changes: { starttlsOnly: false, security: 'tls' } as const,
        }
      : port.trim() === '587' && !starttlsOnly && security === 'tls'
        ? {
            words: 'Port 587 begins unencrypted and is then encrypted by STARTTLS.',
            label: 'Use STARTTLS only',
            changes: { starttlsOnly: true } as const,
          }
        : null;
  if (!advice) return null;
  return (
    <Note
      kind="waiting"
      action={
        <Button size="xs" variant="default" onClick={() => form.fill(advice.changes)}>
          {advice.label}
        </Button>
      }
    >
      {advice.words}
    </Note>
  );
}
