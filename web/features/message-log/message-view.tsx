import { Button, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type Message, readMessageAttachment, readMessageHtml, readMessageSource } from '../../../contracts/message.ts';
import { ProblemError, urlOf } from '../../lib/call.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { AttachmentList, HtmlFrame, SourceText, TextPart } from '../../ui/mail-parts.tsx';
import { kindOf } from '../../ui/mail-state.tsx';
import look from '../../ui/mail-view.module.css';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { DeliveryStory } from './delivery-story.tsx';
import { MessageFacts } from './message-facts.tsx';
import { messageQuery, sourceQuery } from './message-log-queries.ts';
import { Situation } from './situation.tsx';
import { stateWord } from './state-words.ts';

/** The right pane: one message, where it is and why, and all its sides as tabs. */
export function MessageView({ id }: { id: string }) {
  const message = useQuery(messageQuery(id));
  const isNarrow = useIsNarrow();
  if (message.error instanceof ProblemError && [404, 422].includes(message.error.problem.statusCode)) {
    return (
      <EmptyState
        isPage={isNarrow}
        title="There is no such message"
        action={
          <Button component={Link} to="/messages">
            Show all messages
          </Button>
        }
      >
        <p>The address is mistyped, or the message was kept for its time and then deleted.</p>
      </EmptyState>
    );
  }
  if (message.data === undefined) {
    return (
      <div className={look.view}>
        <ProblemNote
          error={message.error}
          title="The message could not be loaded"
          onRetry={() => void message.refetch()}
        />
        {message.isPending && <Loading height={240} />}
      </div>
    );
  }
  return <View message={message.data} />;
}

function View({ message }: { message: Message }) {
  // Narrow, the list with its heading is not there.
  const Heading = useIsNarrow() ? 'h1' : 'h2';
  const [tab, setTab] = useState<string | null>('delivery');
  const { id, html, text, attachments, is_secret: isSecret } = message;
  const isKept = !isSecret && (text !== null || html !== null || attachments.length > 0);
  return (
    <article className={look.view}>
      <header className={look.head}>
        <Heading>{message.subject || '(no subject)'}</Heading>
        <StatusWord kind={kindOf(message.state)}>{stateWord(message, new Date())}</StatusWord>
      </header>
      <Situation message={message} />
      <MessageFacts message={message} />
      <Tabs value={tab} onChange={setTab} keepMounted={false} className={look.tabs}>
        <Tabs.List aria-label="Sides of the message" className={look.tabList}>
          <Tabs.Tab value="delivery">Delivery</Tabs.Tab>
          {html !== null && <Tabs.Tab value="html">HTML</Tabs.Tab>}
          {isKept && <Tabs.Tab value="text">Text</Tabs.Tab>}
          {isKept && <Tabs.Tab value="source">Source</Tabs.Tab>}
          {isKept && <Tabs.Tab value="attachments">Attachments ({attachments.length})</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="delivery" className={look.panel}>
          <DeliveryStory message={message} />
        </Tabs.Panel>
        <Tabs.Panel value="html" className={look.panel}>
          <HtmlFrame src={urlOf(readMessageHtml, { params: { id } })} />
        </Tabs.Panel>
        <Tabs.Panel value="text" className={look.panel}>
          <TextPart text={text} />
        </Tabs.Panel>
        <Tabs.Panel value="source" className={look.panel}>
          <Source id={id} />
        </Tabs.Panel>
        <Tabs.Panel value="attachments" className={look.panel}>
          <AttachmentList
            attachments={attachments.map((each) => ({
              index: each.index,
              filename: each.filename,
              contentType: each.content_type,
              sizeBytes: each.size_bytes,
            }))}
            hrefOf={(index) => urlOf(readMessageAttachment, { params: { id, index } })}
          />
        </Tabs.Panel>
      </Tabs>
    </article>
  );
}

/** As it is sent. */
function Source({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(sourceQuery(id));
  const href = urlOf(readMessageSource, { params: { id } });
  return <SourceText source={data} error={error} onRetry={() => void refetch()} href={href} />;
}
