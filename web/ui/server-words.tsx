import classes from './server-words.module.css';

/** More than this may not fit; then it scrolls, so that a talkative server hides nothing else of the page. Characters. */
const mostWithoutScrolling = 1000;

/** What a server said, word for word: monospaced, with a rule at its left. */
export function ServerWords({ children }: { children: string }) {
  const look = `postern-words ${classes.words}`;
  if (children.length <= mostWithoutScrolling) return <pre className={look}>{children}</pre>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <pre className={look} data-long tabIndex={0}>
      {children}
    </pre>
  );
}
