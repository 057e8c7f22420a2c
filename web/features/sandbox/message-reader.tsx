import { Button, Tabs } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { deleteSandboxMessage, type SandboxMessage, type SandboxMessageSummary } from '../../../contracts/sandbox.ts';
import { call, ProblemError } from '../../lib/call.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { Loading } from '../../ui/loading.tsx';
import { TextPart } from '../../ui/mail-parts.tsx';
import look from '../../ui/mail-view.module.css';
import { notifyProblem } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { findLinks } from './find-links.ts';
import { neighbourOf } from './inbox.ts';
import { MessageFacts } from './message-facts.tsx';
import { Attachments, Headers, HtmlPart, Links, Source } from './message-parts.tsx';
import { messageQuery } from './sandbox-queries.ts';

interface MessageReaderProps {
  id: string;
  messages: readonly SandboxMessageSummary[];
  /** After deletion: what to open instead, undefined for nothing. */
  onGone: (nextId: string | undefined) => void;
}

/** The right pane: one captured message, with all its sides as tabs. */
export function MessageReader({ id, messages, onGone }: MessageReaderProps) {
  const message = useQuery(messageQuery(id));
  const isNarrow = useIsNarrow();
  const isGone = message.error instanceof ProblemError && [404, 422].includes(message.error.problem.statusCode);
  if (isGone) {
    return (
      <EmptyState
        isPage={isNarrow}
        title="This message is gone"
        action={<Button onClick={() => onGone(undefined)}>Show the inbox</Button>}
      >
        <p>It was deleted, or made room for newer ones.</p>
      </EmptyState>
    );
  }
  if (message.data === undefined) {
    return (
      <div className={look.view}>
        <ProblemNote error={message.error} title="The message could not be loaded" onRetry={() => message.refetch()} />
        {message.isPending && <Loading height={240} />}
      </div>
    );
  }
  return <Reader message={message.data} messages={messages} onGone={onGone} />;
}

function Reader({ message, messages, onGone }: Omit<MessageReaderProps, 'id'> & { message: SandboxMessage }) {
  const queryClient = useQueryClient();
  const reason = useReasonWhyNot(deleteSandboxMessage);
  // Narrow, the list with its heading is not there.
  const Heading = useIsNarrow() ? 'h1' : 'h2';
  const [tab, setTab] = useState<string | null>(message.html === null ? 'text' : 'html');
  const links = findLinks(message.text);
  const deletion = useMutation({
    mutationFn: () => call(deleteSandboxMessage, { params: { id: message.id } }),
    onSuccess: () => {
      onGone(neighbourOf(messages, message.id));
      void queryClient.invalidateQueries({ queryKey: ['sandbox', 'inbox'] });
      void queryClient.invalidateQueries({ queryKey: ['sandbox', 'state'] });
    },
    onError: notifyProblem,
  });
  const askDelete = async () => {
    const title = `Delete “${message.subject || '(no subject)'}”?`;
    if (await askYesNo({ title, children: <p>The captured message goes for good.</p> })) deletion.mutate();
  };
  return (
    <article className={look.view}>
      <header className={look.head}>
        <Heading>
          <bdi>{message.subject || '(no subject)'}</bdi>
        </Heading>
        <IconButton
          label="Delete this message"
          disabledReason={reason}
          isLoading={deletion.isPending}
          onClick={askDelete}
        >
          <IconTrash size={18} aria-hidden />
        </IconButton>
      </header>
      <MessageFacts message={message} />
      <Tabs value={tab} onChange={setTab} keepMounted={false} className={look.tabs}>
        <Tabs.List aria-label="Sides of the message" className={look.tabList}>
          {message.html !== null && <Tabs.Tab value="html">HTML</Tabs.Tab>}
          <Tabs.Tab value="text">Text</Tabs.Tab>
          {links.length > 0 && <Tabs.Tab value="links">Links ({links.length})</Tabs.Tab>}
          <Tabs.Tab value="source">Source</Tabs.Tab>
          <Tabs.Tab value="headers">Headers</Tabs.Tab>
          <Tabs.Tab value="attachments">Attachments ({message.attachments.length})</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="html" className={look.panel}>
          <HtmlPart id={message.id} />
        </Tabs.Panel>
        <Tabs.Panel value="text" className={look.panel}>
          <TextPart text={message.text} />
        </Tabs.Panel>
        <Tabs.Panel value="links" className={look.panel}>
          <Links links={links} />
        </Tabs.Panel>
        <Tabs.Panel value="source" className={look.panel}>
          <Source id={message.id} />
        </Tabs.Panel>
        <Tabs.Panel value="headers" className={look.panel}>
          <Headers headers={message.headers} />
        </Tabs.Panel>
        <Tabs.Panel value="attachments" className={look.panel}>
          <Attachments id={message.id} attachments={message.attachments} />
        </Tabs.Panel>
      </Tabs>
    </article>
  );
}
