import { IconPaperclip } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { SandboxMessageSummary } from '../../../contracts/sandbox.ts';
import { TimeAgo } from '../../ui/time-ago.tsx';
import classes from './message-list.module.css';

/** One line of the inbox: who, when, what, to whom. */
export function MessageRow({ message }: { message: SandboxMessageSummary }) {
  return (
    <li>
      <Link to="/sandbox/$id" params={{ id: message.id }} className={classes.row} data-row preload={false}>
        <span className={classes.line}>
          <span className={classes.from}>
            <bdi>{message.from || message.mailFrom || '(no sender)'}</bdi>
          </span>
          <span className={classes.when}>
            <TimeAgo at={message.receivedAt} />
          </span>
        </span>
        <span className={classes.line}>
          <span className={classes.subject}>
            <bdi>{message.subject || '(no subject)'}</bdi>
          </span>
          {message.attachmentCount > 0 && (
            <span className={classes.clip}>
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
