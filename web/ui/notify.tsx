import { ActionIcon } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useEffect, useSyncExternalStore } from 'react';
import { Note } from './note.tsx';
import classes from './notify.module.css';

interface Notice {
  id: number;
  kind: 'sent' | 'failed';
  message: string;
}

let notices: readonly Notice[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: readonly Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

const show = (kind: Notice['kind'], message: string) => {
  lastId += 1;
  // The same words twice say nothing new.
  set([...notices.filter((notice) => notice.message !== message), { id: lastId, kind, message }].slice(-3));
};

/** Says in the corner that something was done; goes by itself. For what has no place of its own on the page. */
export function notifyDone(message: string): void {
  show('sent', message);
}

/** Says in the corner that something failed; stays until it is closed. */
export function notifyProblem(error: Error): void {
  show('failed', error.message);
}

/** Where the notices appear; once, at the root of the screens. */
export function Notices() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => notices,
  );
  return (
    <div className={classes.notices} role="status">
      {shown.map((notice) => (
        <NoticeLine key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function NoticeLine({ notice }: { notice: Notice }) {
  const close = () => set(notices.filter((each) => each.id !== notice.id));
  useEffect(() => {
    if (notice.kind === 'failed') return;
    const timer = setTimeout(() => set(notices.filter((each) => each.id !== notice.id)), 4000);
    return () => clearTimeout(timer);
  }, [notice]);
  return (
    <div className={classes.notice}>
      <Note kind={notice.kind}>{notice.message}</Note>
      <ActionIcon aria-label="Close this notice" size={28} onClick={close} className={classes.close}>
        <IconX size={14} aria-hidden />
      </ActionIcon>
    </div>
  );
}
