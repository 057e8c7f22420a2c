import classes from './status-word.module.css';

export type StatusKind = 'failed' | 'waiting' | 'sent' | 'readonly' | 'none' | 'running' | 'on';

/** A shape for each meaning, so that no colour stands alone. */
const shapes: Record<StatusKind, string> = {
  sent: '●',
  failed: '▲',
  waiting: '◆',
  readonly: '■',
  running: '◐',
  // Simply so; no colour.
  on: '●',
  none: '○',
};

/** A state as word, shape and colour: `<StatusWord kind="failed">refused</StatusWord>`. */
export function StatusWord({ kind, children }: { kind: StatusKind; children: string }) {
  return (
    <span className={classes.status} data-kind={kind}>
      <span aria-hidden className={classes.shape}>
        {shapes[kind]}
      </span>
      {children}
    </span>
  );
}
