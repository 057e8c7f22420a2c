import { Button } from '@mantine/core';
import { type ReactNode, useSyncExternalStore } from 'react';
import { Dialog } from './dialog.tsx';
import { DialogActions } from './dialog-actions.tsx';

interface Question {
  /** The question, naming what it destroys: `Delete “Mail server Berlin”?` */
  title: string;
  /** What goes with it, what still uses it, whether it can be undone. */
  children?: ReactNode;
  /** The acting button is red; false for a question that destroys nothing. */
  isDestructive?: boolean;
}

interface Asked extends Question {
  answer: (isYes: boolean) => void;
}

let asked: Asked | null = null;
const listeners = new Set<() => void>();

function show(question: Asked | null): void {
  asked = question;
  for (const listener of listeners) listener();
}

/** Asks, with the buttons No and Yes; true for Yes. Escape, the cross and a click outside mean No. */
export function askYesNo(question: Question): Promise<boolean> {
  asked?.answer(false);
  return new Promise((resolve) => {
    show({
      ...question,
      answer: (isYes) => {
        show(null);
        resolve(isYes);
      },
    });
  });
}

/** Where the questions appear; once, at the root of the screens. */
export function Questions() {
  const question = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => asked,
  );
  if (question === null) return null;
  return (
    <Dialog isOpen title={question.title} onClose={() => question.answer(false)}>
      {question.children}
      <DialogActions>
        <Button variant="default" data-autofocus onClick={() => question.answer(false)}>
          No
        </Button>
        <Button color={question.isDestructive === false ? 'teal' : 'red'} onClick={() => question.answer(true)}>
          Yes
        </Button>
      </DialogActions>
    </Dialog>
  );
}
