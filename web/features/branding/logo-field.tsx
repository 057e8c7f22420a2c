/** The logo: chosen or dropped, checked here first, shown as it is, and taken away again. It is saved at once. */
import { Button, FileButton } from '@mantine/core';
import { IconPhotoUp, IconTrash } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type DragEvent, useRef, useState } from 'react';
import {
  type Branding,
  changeLogo,
  deleteLogo,
  logoLimitBytes,
  readBranding,
  readLogo,
} from '../../../contracts/branding.ts';
import { call, ProblemError, urlOf } from '../../lib/call.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { sizeWords } from '../../ui/size-words.ts';
import classes from './branding-page.module.css';
import { brandingQuery } from './branding-queries.ts';

interface LogoFieldProps {
  branding: Branding;
  isReadOnly: boolean;
  /** With what is saved now, so that the form goes on from there. */
  onSaved: (branding: Branding) => void;
}

const accepted = 'image/png,image/jpeg';

export function LogoField({ branding, isReadOnly, onSaved }: LogoFieldProps) {
  const queryClient = useQueryClient();
  const [isOver, setOver] = useState(false);
  const reset = useRef<() => void>(null);
  const { logo } = branding;
  const keep = (saved: Branding) => {
    queryClient.setQueryData(brandingQuery.queryKey, saved);
    onSaved(saved);
  };
  const upload = useMutation({
    mutationFn: async (file: File) => {
      const problem = checkFile(file);
      if (problem !== null) throw new Error(problem);
      return call(changeLogo, { body: { content: toBase64(new Uint8Array(await file.arrayBuffer())) } });
    },
    onSuccess: (saved) => {
      keep(saved);
      notifyDone('The logo was saved.');
    },
    onSettled: () => reset.current?.(),
  });
  const removal = useMutation({
    mutationFn: async () => {
      await call(deleteLogo);
      return call(readBranding);
    },
    onSuccess: keep,
  });
  const remove = async () => {
    const children = <p>Messages show the company’s name in its place. Those already sent keep it.</p>;
    if (await askYesNo({ title: 'Remove the logo?', children })) removal.mutate();
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file && !isReadOnly) upload.mutate(file);
  };
  const error = upload.error ?? removal.error;
  const words = error instanceof ProblemError ? (error.fieldMessage('content') ?? error.message) : error?.message;
  return (
    <section aria-labelledby="branding-logo">
      <span id="branding-logo" className={classes.label}>
        Logo
      </span>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is beside the button, which does the same */}
      <div
        className={classes.logo}
        data-over={isOver || undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(!isReadOnly);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        {logo ? (
          <>
            <span className={classes.paper}>
              <img src={`${urlOf(readLogo)}?version=${branding.version}`} alt="The logo on white" />
            </span>
            <span className={classes.paper} data-dark>
              <img src={`${urlOf(readLogo)}?version=${branding.version}`} alt="The logo as dark mail shows it" />
            </span>
          </>
        ) : (
          <span className={classes.noLogo}>No logo: messages show the company’s name.</span>
        )}
      </div>
      {words !== undefined && (
        <p role="alert" className={classes.problem}>
          {words}
        </p>
      )}
      <p className={classes.hint}>
        {logo &&
          `${logo.content_type === 'image/png' ? 'PNG' : 'JPEG'}, ${logo.width} × ${logo.height}, ${sizeWords(logo.size_bytes)}. `}
        PNG or JPEG, at most {Math.round(logoLimitBytes / 1024)} KB and 2000 × 2000 points. It is shown up to 220 × 56;
        twice that stays sharp on fine screens.
      </p>
      {!isReadOnly && (
        <div className={classes.buttons}>
          <FileButton accept={accepted} resetRef={reset} onChange={(file) => file && upload.mutate(file)}>
            {(props) => (
              <Button
                {...props}
                size="xs"
                variant="default"
                loading={upload.isPending}
                leftSection={<IconPhotoUp size={14} aria-hidden />}
              >
                {logo ? 'Choose another' : 'Choose a picture'}
              </Button>
            )}
          </FileButton>
          {logo && (
            <Button
              size="xs"
              variant="subtle"
              color="gray"
              loading={removal.isPending}
              leftSection={<IconTrash size={14} aria-hidden />}
              onClick={() => void remove()}
            >
              Remove
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

/** Null: it may be tried. The server looks into the picture itself. */
function checkFile(file: File): string | null {
  if (!accepted.split(',').includes(file.type))
    return 'Choose a PNG or JPEG. SVG and others are not shown by many mail programs.';
  if (file.size > logoLimitBytes)
    return `It has ${sizeWords(file.size)}; at most 200 KB: the logo travels with every message. Save it smaller.`;
  return null;
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}
