import type { ReactNode } from 'react';
import classes from './mail-view.module.css';

/** Names and what belongs to them, in two columns: `<Facts><Fact name="From">…</Fact></Facts>`. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className={classes.facts}>{children}</dl>;
}

/** One of them; nothing where it is empty. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (children === '') return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
