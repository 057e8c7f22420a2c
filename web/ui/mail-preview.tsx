import { SegmentedControl, Switch } from '@mantine/core';
import { type ReactNode, useId, useState } from 'react';
import { CopyButton } from './copy-button.tsx';
import { TextPart } from './mail-parts.tsx';
import classes from './mail-preview.module.css';
import { PreviewFrame } from './preview-frame.tsx';

interface MailPreviewProps {
  /** Where the HTML is (`TemplatePreview.html_path`); null: it cannot be made. */
  htmlPath: string | null;
  text: string | null;
  /** What stands there instead of HTML that cannot be made. */
  whyNone: string;
  /** Words of the heading. */
  title: string;
  /** Between the heading and the message. */
  children?: ReactNode;
}

const sides = [
  { value: 'desktop', label: 'Desktop' },
  { value: 'phone', label: 'Phone' },
  { value: 'text', label: 'Text' },
];

/** A mail that nobody has sent yet, on a desk, on a telephone, as text, dark, and where pictures are not loaded. */
export function MailPreview({ htmlPath, text, whyNone, title, children }: MailPreviewProps) {
  const [side, setSide] = useState('desktop');
  const [isDark, setDark] = useState(false);
  const [hidesImages, setHidesImages] = useState(false);
  const id = useId();
  return (
    <section className={classes.preview} aria-labelledby={id}>
      <header className={classes.head}>
        <h3 id={id}>{title}</h3>
        <SegmentedControl size="xs" data={sides} value={side} onChange={setSide} aria-label="Side of the message" />
        <Switch
          size="xs"
          label="Dark"
          disabled={side === 'text'}
          checked={isDark}
          onChange={(event) => setDark(event.currentTarget.checked)}
        />
        <Switch
          size="xs"
          label="Images off"
          disabled={side === 'text'}
          checked={hidesImages}
          onChange={(event) => setHidesImages(event.currentTarget.checked)}
        />
      </header>
      {children}
      {side === 'text' ? (
        <div className={classes.text}>
          {text !== null && <CopyButton text={text} label="Copy text" />}
          <TextPart text={text} />
        </div>
      ) : htmlPath === null ? (
        <p className={classes.none}>{whyNone}</p>
      ) : (
        <PreviewFrame
          src={hidesImages ? `${htmlPath}?images=off` : htmlPath}
          width={side === 'phone' ? 'phone' : 'desktop'}
          isDark={isDark}
          title="The message as it would be"
        />
      )}
    </section>
  );
}
