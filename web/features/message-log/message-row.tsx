import { Checkbox } from '@mantine/core';
import { IconPaperclip } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { MessageSummary } from '../../../contracts/message.ts';
import look from '../../ui/mail-list.module.css';
import { kindOf } from '../../ui/mail-state.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { Countdown, TimeAgo } from '../../ui/time-ago.tsx';
import classes from './message-list.module.css';
import { stateWord } from './state-words.ts';

interface MessageRowProps {
  message: MessageSummary;
  /** Null: rows are not picked now. */
  isPicked: boolean | null;
  onPick: () => void;
}

/** One line of the log: to whom, when, what, in which state, by which settings, when next. */
export function MessageRow({ message, isPicked, onPick }: MessageRowProps) {
  const { to, next_attempt_at: next, smtp_settings: settings } = message;
  return (
    <li className={classes.item} data-picking={isPicked === null ? undefined : true}>
      {isPicked !== null && (
        <span className={classes.pick}>
          <Checkbox
            size="xs"
            aria-label={`Pick ${message.subject || '(no subject)'}, to ${toWords(to)}`}
            checked={isPicked}
            onChange={onPick}
          />
        </span>
      )}
      <Link
        to="/messages/$id"
        params={{ id: message.id }}
        search={(current) => current}
        className={look.row}
        data-row
        preload={false}
      >
        <span className={look.line}>
          <span className={look.who}>{toWords(to)}</span>
          <span className={look.when}>
            <TimeAgo at={message.created_at} />
          </span>
        </span>
        <span className={look.line}>
          <span className={look.subject}>{message.subject || '(no subject)'}</span>
          {message.attachment_count > 0 && (
            <span className={look.clip}>
              <IconPaperclip size={14} aria-hidden />
              <span className="postern-hidden">with attachments:</span> {message.attachment_count}
            </span>
          )}
        </span>
        <span className={look.line}>
          <span className={classes.state}>
            <StatusWord kind={kindOf(message.state)}>{stateWord(message, new Date())}</StatusWord>
            {next !== null && isAhead(next) && (
              <span className={classes.next}>
                <Countdown to={next} />
              </span>
            )}
          </span>
          <span className={classes.settings}>{settings?.name ?? 'default'}</span>
        </span>
      </Link>
    </li>
  );
}

/** What is due goes at any moment: that is what its state says. */
const isAhead = (at: string) => new Date(at).getTime() > Date.now();

const toWords = (to: readonly string[]) =>
  to.length > 1 ? `${to[0]} and ${to.length - 1} more` : (to[0] ?? '(no recipient)');
