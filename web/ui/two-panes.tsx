import { IconArrowLeft } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useIsNarrow } from '../lib/use-is-narrow.ts';
import classes from './two-panes.module.css';

interface TwoPanesProps {
  /** The left pane; it scrolls by itself when its content does (`overflow: auto`). */
  list: ReactNode;
  /** The right pane. */
  detail: ReactNode;
  /** Narrow screens show one of them: the detail when something is open. */
  isDetailOpen: boolean;
  /** Leads back to the list on narrow screens. */
  onBack: () => void;
  /** Words of the way back: `SMTP Settings`. */
  backLabel: string;
}

/** List and detail side by side; on a narrow screen the list, then the detail with a way back. */
export function TwoPanes({ list, detail, isDetailOpen, onBack, backLabel }: TwoPanesProps) {
  const isNarrow = useIsNarrow();
  if (isNarrow && !isDetailOpen) return <div className={classes.panes}>{list}</div>;
  return (
    <div className={classes.panes}>
      {!isNarrow && <div className={classes.list}>{list}</div>}
      <div className={classes.detail}>
        {isNarrow && (
          <button type="button" className={classes.back} onClick={onBack}>
            <IconArrowLeft size={16} aria-hidden />
            {backLabel}
          </button>
        )}
        {detail}
      </div>
    </div>
  );
}
