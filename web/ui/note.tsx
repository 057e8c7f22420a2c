import { IconAlertTriangle, IconCircleCheck, IconClock, IconInfoCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './note.module.css';

interface NoteProps {
  /** Colour and shape; `plain` has neither meaning. */
  kind: 'failed' | 'waiting' | 'sent' | 'plain';
  title?: string;
  children?: ReactNode;
  /** Buttons beneath. */
  action?: ReactNode;
  /** It stands for something lasting: a failure is not announced. */
  isQuiet?: boolean;
}

const icons = { failed: IconAlertTriangle, waiting: IconClock, sent: IconCircleCheck, plain: IconInfoCircle };

/** Something to know, in its place on the page. A failure is announced. */
export function Note({ kind, title, children, action, isQuiet = false }: NoteProps) {
  const Icon = icons[kind];
  return (
    <div className={classes.note} data-kind={kind} role={kind === 'failed' && !isQuiet ? 'alert' : 'note'}>
      <Icon size={18} aria-hidden className={classes.icon} />
      <div className={classes.body}>
        {title !== undefined && <strong className={classes.title}>{title}</strong>}
        {children}
        {action !== undefined && <div className={classes.action}>{action}</div>}
      </div>
    </div>
  );
}
