import { modals } from '@mantine/modals';
import type { ReactNode } from 'react';

interface Question {
  /** The question, naming what it destroys: `Delete “Mail server Berlin”?` */
  title: string;
  /** What goes with it, what still uses it, whether it can be undone. */
  children?: ReactNode;
  /** The acting button is red; false for a question that destroys nothing. */
  isDestructive?: boolean;
}

/** Asks, with the buttons No and Yes; true for Yes. Escape, the cross and a click outside mean No. */
export function askYesNo({ title, children, isDestructive = true }: Question): Promise<boolean> {
  return new Promise((resolve) => {
    modals.openConfirmModal({
      title,
      children,
      labels: { confirm: 'Yes', cancel: 'No' },
      confirmProps: { color: isDestructive ? 'red' : 'teal' },
      cancelProps: { 'data-autofocus': true },
      closeButtonProps: { 'aria-label': 'Close' },
      onConfirm: () => resolve(true),
      onClose: () => resolve(false),
    });
  });
}
