import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Message } from '../../../contracts/message.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Fact, Facts } from '../../ui/facts.tsx';
import { FoldButton } from '../../ui/fold-button.tsx';
import { sizeWords } from '../../ui/size-words.ts';
import { TimeAgo } from '../../ui/time-ago.tsx';
import classes from './message-view.module.css';

/** Who to whom, by which settings, until when; what a program that asks about it would name. */
export function MessageFacts({ message }: { message: Message }) {
  const { smtp_settings: settings, scheduled_at: scheduled, resent_from: original } = message;
  return (
    <Facts>
      <Fact name="From">{message.from}</Fact>
      <Addresses name="To" addresses={message.to} />
      <Addresses name="Cc" addresses={message.cc} />
      <Addresses name="Bcc" addresses={message.bcc} />
      <Addresses name="Reply-To" addresses={message.reply_to} />
      <Fact name="By">
        {settings === null ? (
          'the default SMTP settings'
        ) : settings.id === '' ? (
          // A test of settings that were not saved.
          settings.name
        ) : (
          <Link to="/setup/extensibility/smtp-settings/$id" params={{ id: settings.id }} className={classes.link}>
            {settings.name}
          </Link>
        )}
        {message.lane !== 'normal' && `, ${message.lane}`}
      </Fact>
      <Fact name="Accepted">
        <TimeAgo at={message.created_at} />, {sizeWords(message.size_bytes)}, handed over by {message.submitted_by}
        {scheduled !== null && (
          <>
            , scheduled <TimeAgo at={scheduled} />
          </>
        )}
      </Fact>
      <Fact name="Tags">{message.tags.map(({ name, value }) => `${name}=${value}`).join(', ')}</Fact>
      {original !== null && (
        <Fact name="Sent again">
          the content of{' '}
          <Link to="/messages/$id" params={{ id: original }} className={classes.link}>
            an earlier message
          </Link>
        </Fact>
      )}
      <Fact name="Id">
        <Copied text={message.id} label="Copy the id" />
      </Fact>
      <Fact name="Message-ID">
        <Copied text={message.message_id} label="Copy the Message-ID" />
      </Fact>
    </Facts>
  );
}

const shownAddresses = 10;

/** The first of many; each recipient stands with its state below. */
function Addresses({ name, addresses }: { name: string; addresses: readonly string[] }) {
  const [isWhole, setWhole] = useState(false);
  const hidden = isWhole ? 0 : Math.max(0, addresses.length - shownAddresses);
  return (
    <Fact name={name}>
      {hidden === 0 ? (
        addresses.join(', ')
      ) : (
        <>
          {addresses.slice(0, shownAddresses).join(', ')}{' '}
          <FoldButton onClick={() => setWhole(true)}>and {hidden.toLocaleString()} more</FoldButton>
        </>
      )}
    </Fact>
  );
}

/** What is typed elsewhere: into a ticket, or the search of the server that took it. */
function Copied({ text, label }: { text: string; label: string }) {
  return (
    <span className={classes.copied}>
      <span className="postern-words">{text}</span>
      <CopyButton text={text} label={label} isIcon />
    </span>
  );
}
