import { type ReactNode, useId } from 'react';
import classes from './sections.module.css';

interface SectionProps {
  title: string;
  /** Its state in a word, beside the title. */
  state?: ReactNode;
  /** What it is for: a sentence or two. */
  intro?: ReactNode;
  children?: ReactNode;
}

/** One subject of a page of settings, with a heading of its own. */
export function Section({ title, state, intro, children }: SectionProps) {
  const id = useId();
  return (
    <section className={classes.section} aria-labelledby={id}>
      <div className={classes.head}>
        <h2 id={id}>{title}</h2>
        {state}
      </div>
      {intro !== undefined && <p>{intro}</p>}
      {children}
    </section>
  );
}
