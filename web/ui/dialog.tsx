import { ActionIcon } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import classes from './dialog.module.css';

interface DialogProps {
  isOpen: boolean;
  /** The cross; Escape and a click outside too, unless it is sticky. */
  onClose: () => void;
  title: ReactNode;
  children?: ReactNode;
  /** `side`: from the left edge over the whole height, for the narrow menu. */
  placement?: 'middle' | 'side';
  /** For what would be lost: neither Escape nor a click outside closes it. */
  isSticky?: boolean;
}

/**
 * A modal dialog: the browser's own `<dialog>`, which traps focus and makes the rest inert. Focus starts at what is marked
 * `data-autofocus`, else at the first of its actions, and goes back to where it was. It lies in the top layer, so menus and selects inside it must not be portalled (`withinPortal={false}`).
 */
export function Dialog({ isOpen, onClose, title, children, placement = 'middle', isSticky = false }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (!isOpen || dialog === null) return;
    const before = document.activeElement;
    dialog.showModal();
    const first =
      dialog.querySelector<HTMLElement>('[data-autofocus]') ?? dialog.querySelector(`.${classes.actions} button`);
    if (first instanceof HTMLElement) first.focus();
    return () => {
      dialog.close();
      // React has taken the element away already, so the browser cannot give focus back by itself.
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [isOpen]);
  useEffect(() => {
    if (!isOpen || !isSticky) return;
    // Cancelling `cancel` is not enough: browsers close the dialog at a second Escape whatever the page says.
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') event.preventDefault();
    };
    document.addEventListener('keydown', onKey, true);
    return () => document.removeEventListener('keydown', onKey, true);
  }, [isOpen, isSticky]);
  if (!isOpen) return null;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the key, by onCancel
    <dialog
      ref={ref}
      className={classes.dialog}
      data-placement={placement}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (!isSticky) onClose();
      }}
      onClick={(event) => {
        if (!isSticky && event.target === ref.current) onClose();
      }}
    >
      <div className={classes.inside}>
        <header className={classes.head}>
          <h2 id={id}>{title}</h2>
          <ActionIcon aria-label="Close" onClick={onClose} className={classes.close}>
            <IconX size={16} aria-hidden />
          </ActionIcon>
        </header>
        {children}
      </div>
    </dialog>
  );
}
