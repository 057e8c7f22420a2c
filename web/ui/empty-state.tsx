import type { ReactNode } from 'react';
import classes from './empty-state.module.css';

interface EmptyStateProps {
  title: string;
  /** What this place is for and what to do next: a `<p>` or two. */
  children?: ReactNode;
  /** The next step: buttons or a link. */
  action?: ReactNode;
  /** It stands for the whole page, so its title is the page's heading. */
  isPage?: boolean;
}

/** An empty place that teaches its next step. */
export function EmptyState({ title, children, action, isPage = false }: EmptyStateProps) {
  const Heading = isPage ? 'h1' : 'h2';
  return (
    <section className={classes.empty}>
      <Heading className={classes.title}>{title}</Heading>
      {children}
      {action !== undefined && <div className={classes.action}>{action}</div>}
    </section>
  );
}
