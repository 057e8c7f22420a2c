import { Button, Progress } from '@mantine/core';
import { IconFileUpload } from '@tabler/icons-react';
import { type DragEvent, type ReactNode, useId, useRef, useState } from 'react';
import { formatCount } from '../lib/money.ts';
import classes from './drop-file.module.css';

interface DropFileProps {
  /** What is wanted: `Drop a CSV of contacts here`. */
  title: string;
  /** Which files and how large: a `<p>` or two. */
  children?: ReactNode;
  /** For the browser's own dialog: `.csv,text/csv`. */
  accept: string;
  /** Files of more are not sent at all. */
  maxBytes: number;
  /** From 0 to 1 while one is being sent; null otherwise. */
  progress: number | null;
  /** Why no file can be taken; null when one can. */
  disabledReason?: string | null;
  onFile: (file: File) => void;
  onCancel: () => void;
}

/** A place to drop a file onto, or to choose one by a button; then how far its upload is. */
export function DropFile(props: DropFileProps) {
  const { title, children, accept, maxBytes, progress, disabledReason = null, onFile, onCancel } = props;
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const [isOver, setOver] = useState(false);
  const [fault, setFault] = useState('');
  const isClosed = disabledReason !== null || progress !== null;
  const take = (file: File | undefined) => {
    if (file === undefined || isClosed) return;
    const tooLarge = `“${file.name}” is larger than ${formatCount(Math.floor(maxBytes / 1_000_000))} MB. Split it into several files.`;
    const problem = file.size === 0 ? `“${file.name}” is empty.` : file.size > maxBytes ? tooLarge : '';
    setFault(problem);
    if (problem === '') onFile(file);
  };
  const drag = (event: DragEvent, over: boolean) => {
    event.preventDefault();
    setOver(over && !isClosed);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button is the first
    <div
      className={classes.drop}
      data-over={isOver || undefined}
      onDragOver={(event) => drag(event, true)}
      onDragLeave={(event) => drag(event, false)}
      onDrop={(event) => {
        drag(event, false);
        take(event.dataTransfer.files[0]);
      }}
    >
      <IconFileUpload size={28} aria-hidden className={classes.icon} />
      <p className={classes.title} id={id}>
        {title}
      </p>
      {children}
      {progress === null ? (
        <Button disabled={isClosed} aria-describedby={id} onClick={() => input.current?.click()}>
          Choose a file
        </Button>
      ) : (
        <div className={classes.progress}>
          <Progress value={progress * 100} aria-label="Upload" />
          <span role="status">{progress < 1 ? `Uploading, ${Math.floor(progress * 100)} %` : 'Reading the file'}</span>
          <Button size="xs" variant="default" onClick={onCancel}>
            Cancel
          </Button>
        </div>
      )}
      {disabledReason !== null && <p>{disabledReason}</p>}
      {fault !== '' && (
        <p role="alert" className={classes.fault}>
          {fault}
        </p>
      )}
      <input
        ref={input}
        type="file"
        accept={accept}
        hidden
        aria-label={title}
        onChange={(event) => {
          take(event.currentTarget.files?.[0]);
          // The same file can be chosen again after a correction.
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}
