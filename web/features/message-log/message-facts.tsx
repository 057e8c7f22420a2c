import { Link } from '@tanstack/react-router';
import type { Message } from '../../../contracts/message.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Fact, Facts } from '../../ui/facts.tsx';
import { sizeWords } from '../../ui/size-words.ts';
import { TimeAgo } from '../../ui/time-ago.tsx';
import classes from './message-view.module.css';

/** Who to whom, by which settings, until when; what a program that asks about it would name. */
export function MessageFacts({ message }: { message: Message }) {
  const { smtp_settings: settings, scheduled_at: scheduled, resent_from: original } = message;
  return (
    <Facts>
      <Fact name="From">{message.from}</Fact>
      <Fact name="To">{message.to.join(', ')}</Fact>
      <Fact name="Cc">{message.cc.join(', ')}</Fact>
      <Fact name="Bcc">{message.bcc.join(', ')}</Fact>
      <Fact name="Reply-To">{message.reply_to.join(', ')}</Fact>
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
        <TimeAgo at={message.created_at} />, {sizeWords(message.size_bytes)}
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

/** What is typed elsewhere: into a ticket, or the search of the server that took it. */
function Copied({ text, label }: { text: string; label: string }) {
  return (
    <span className={classes.copied}>
      <span className="postern-words">{text}</span>
      <CopyButton text={text} label={label} isIcon />
    </span>
  );
}
