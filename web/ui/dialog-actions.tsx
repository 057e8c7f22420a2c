import type { ReactNode } from 'react';
import classes from './dialog.module.css';

/** The row of buttons that ends a dialog; the acting one last. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={classes.actions}>{children}</div>;
}
