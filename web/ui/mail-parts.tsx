/** What a mail contains, shown so that it can do nothing here; used for sent and for captured mail. */
import { CopyButton } from './copy-button.tsx';
import { Loading } from './loading.tsx';
import classes from './mail-parts.module.css';
import { ProblemNote } from './problem-note.tsx';
import { sizeWords } from './size-words.ts';

/** Longer sources are cut on screen: a page of megabytes is of no use to anybody. */
const shownSourceCharacters = 500_000;

/** The HTML part in a frame that may run nothing, load nothing and lead nowhere. `src` answers with a policy of its own. */
export function HtmlFrame({ src }: { src: string }) {
  return (
    <>
      <iframe
        className={classes.frame}
        sandbox=""
        referrerPolicy="no-referrer"
        src={src}
        title="HTML part of the message"
      />
      <p className={classes.hint}>Scripts, links and pictures from other places are switched off here.</p>
    </>
  );
}

export function TextPart({ text }: { text: string | null }) {
  if (text === null) return <p className={classes.hint}>This message has no text part.</p>;
  return <pre className={`postern-words ${classes.text}`}>{text}</pre>;
}

interface SourceTextProps {
  /** Undefined while it is loaded. */
  source: string | undefined;
  error: Error | null;
  onRetry: () => void;
  /** Where all of it is. */
  href: string;
}

/** The message as it travels. */
export function SourceText({ source, error, onRetry, href }: SourceTextProps) {
  if (source === undefined) {
    if (error === null) return <Loading height={160} />;
    return <ProblemNote error={error} title="The source could not be loaded" onRetry={onRetry} />;
  }
  return (
    <>
      <div className={classes.tools}>
        <CopyButton text={source} label="Copy source" />
        <a href={href} target="_blank" rel="noreferrer">
          Open in a new tab
        </a>
      </div>
      <pre className={`postern-words ${classes.text}`}>{source.slice(0, shownSourceCharacters)}</pre>
      {source.length > shownSourceCharacters && (
        <p className={classes.hint}>Only the beginning is shown; the new tab has all of it.</p>
      )}
    </>
  );
}

interface ListedAttachment {
  index: number;
  filename: string;
  contentType: string;
  sizeBytes: number;
}

interface AttachmentListProps {
  attachments: readonly ListedAttachment[];
  hrefOf: (index: number) => string;
}

export function AttachmentList({ attachments, hrefOf }: AttachmentListProps) {
  if (attachments.length === 0) return <p className={classes.hint}>This message has no attachments.</p>;
  return (
    <ul className={classes.attachments}>
      {attachments.map(({ index, filename, contentType, sizeBytes }) => (
        <li key={index}>
          <a href={hrefOf(index)} download={filename}>
            <bdi>{filename || `attachment ${index + 1}`}</bdi>
          </a>
          <span>
            {contentType}, {sizeWords(sizeBytes)}
          </span>
        </li>
      ))}
    </ul>
  );
}
