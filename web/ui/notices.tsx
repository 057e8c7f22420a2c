import { ActionIcon } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useEffect, useSyncExternalStore } from 'react';
import { Note } from './note.tsx';
import classes from './notices.module.css';
import { closeNotice, type Notice, noticeStore } from './notify.ts';

/** Where the notices appear; once, at the root of the screens. */
export function Notices() {
  const shown = useSyncExternalStore(noticeStore.subscribe, noticeStore.read);
  return (
    <div className={classes.notices} role="status">
      {shown.map((notice) => (
        <NoticeLine key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function NoticeLine({ notice: { id, kind, message } }: { notice: Notice }) {
  useEffect(() => {
    if (kind === 'failed') return;
    const timer = setTimeout(() => closeNotice(id), 4000);
    return () => clearTimeout(timer);
  }, [id, kind]);
  return (
    <div className={classes.notice}>
      <Note kind={kind}>{message}</Note>
      <ActionIcon aria-label="Close this notice" size={28} onClick={() => closeNotice(id)} className={classes.close}>
        <IconX size={14} aria-hidden />
      </ActionIcon>
    </div>
  );
}
