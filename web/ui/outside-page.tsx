import type { ReactNode } from 'react';
import classes from './outside-page.module.css';

/** The frame of the pages before sign-in: one column, the name, the form. */
export function OutsidePage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className={classes.page}>
      <div className={classes.column}>
        <p className={classes.brand}>Postern</p>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
