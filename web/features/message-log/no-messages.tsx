import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { CopyButton } from '../../ui/copy-button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ServerWords } from '../../ui/server-words.tsx';

/** The empty log teaches how a message gets in. */
export function NoMessages() {
  const example = `curl ${location.origin}/api/v1/emails \\
  -H "Authorization: Bearer $POSTERN_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"to": "you@example.com", "subject": "Hello", "text": "It works."}'`;
  return (
    <EmptyState
      isPage
      title="No messages yet"
      action={
        <>
          <Button component={Link} to="/setup/api-keys">
            Make an API key
          </Button>
          <CopyButton text={example} label="Copy the example" />
        </>
      }
    >
      <p>
        Every message that Postern accepts stands here, with what each server said about it. The first one comes from a
        program of yours: make an API key with the scope “send”, then
      </p>
      <ServerWords>{example}</ServerWords>
    </EmptyState>
  );
}
