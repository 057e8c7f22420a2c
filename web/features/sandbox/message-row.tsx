import { IconPaperclip } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { SandboxMessageSummary } from '../../../contracts/sandbox.ts';
import look from '../../ui/mail-list.module.css';
import { TimeAgo } from '../../ui/time-ago.tsx';
import classes from './message-list.module.css';

/** One line of the inbox: who, when, what, to whom. */
export function MessageRow({ message }: { message: SandboxMessageSummary }) {
  return (
    <li>
      <Link to="/sandbox/$id" params={{ id: message.id }} className={look.row} data-row preload={false}>
        <span className={look.line}>
          <span className={look.who}>
            <bdi>{message.from || message.mailFrom || '(no sender)'}</bdi>
          </span>
          <span className={look.when}>
            <TimeAgo at={message.receivedAt} />
          </span>
        </span>
        <span className={look.line}>
          <span className={look.subject}>
            <bdi>{message.subject || '(no subject)'}</bdi>
          </span>
          {message.attachmentCount > 0 && (
            <span className={look.clip}>
              <IconPaperclip size={14} aria-hidden />
              <span className="postern-hidden">with attachments:</span> {message.attachmentCount}
            </span>
          )}
        </span>
        <span className={classes.to}>
          to <bdi>{message.recipients.join(', ')}</bdi>
        </span>
      </Link>
    </li>
  );
}
