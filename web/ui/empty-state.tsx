import type { ReactNode } from 'react';
import classes from './empty-state.module.css';

interface EmptyStateProps {
  title: string;
  /** What this place is for and what to do next: a `<p>` or two. */
  children?: ReactNode;
  /** The next step: buttons or a link. */
  action?: ReactNode;
}

/** An empty place that teaches its next step. */
export function EmptyState({ title, children, action }: EmptyStateProps) {
  return (
    <section className={classes.empty}>
      <h2>{title}</h2>
      {children}
      {action !== undefined && <div className={classes.action}>{action}</div>}
    </section>
  );
}
