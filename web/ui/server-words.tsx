import type { ReactNode } from 'react';
import classes from './server-words.module.css';

/** What a server said, word for word: monospaced, with a rule at its left. */
export function ServerWords({ children }: { children: ReactNode }) {
  return <pre className={`postern-words ${classes.words}`}>{children}</pre>;
}
