import { useQuery } from '@tanstack/react-query';
import {
  readSandboxAttachment,
  readSandboxHtml,
  readSandboxSource,
  type SandboxMessage,
} from '../../../contracts/sandbox.ts';
import { urlOf } from '../../lib/call.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Loading } from '../../ui/loading.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { sizeWords } from '../../ui/size-words.ts';
import classes from './message-reader.module.css';
import { sourceQuery } from './sandbox-queries.ts';

/** Longer sources are cut on screen: a page of megabytes is of no use to anybody. */
const shownSourceCharacters = 500_000;

/** The HTML part in a frame that may run nothing, load nothing and lead nowhere. */
export function HtmlPart({ id }: { id: string }) {
  return (
    <>
      <iframe
        className={classes.frame}
        sandbox=""
        referrerPolicy="no-referrer"
        src={urlOf(readSandboxHtml, { params: { id } })}
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

/** The message as it came. */
export function Source({ id }: { id: string }) {
  const source = useQuery(sourceQuery(id));
  if (source.data === undefined) {
    return source.error === null ? (
      <Loading height={160} />
    ) : (
      <ProblemNote error={source.error} title="The source could not be loaded" onRetry={() => source.refetch()} />
    );
  }
  const isCut = source.data.length > shownSourceCharacters;
  return (
    <>
      <div className={classes.tools}>
        <CopyButton text={source.data} label="Copy source" />
        <a href={urlOf(readSandboxSource, { params: { id } })} target="_blank" rel="noreferrer">
          Open in a new tab
        </a>
      </div>
      <pre className={`postern-words ${classes.text}`}>{source.data.slice(0, shownSourceCharacters)}</pre>
      {isCut && <p className={classes.hint}>Only the beginning is shown; the new tab has all of it.</p>}
    </>
  );
}

export function Headers({ headers }: { headers: SandboxMessage['headers'] }) {
  return (
    <dl className={`postern-words ${classes.headers}`}>
      {headers.map((header, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: headers repeat, and their order is what is shown
        <div key={index}>
          <dt>{header.name}</dt>
          <dd>{header.value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Attachments({ id, attachments }: { id: string; attachments: SandboxMessage['attachments'] }) {
  if (attachments.length === 0) return <p className={classes.hint}>This message has no attachments.</p>;
  return (
    <ul className={classes.attachments}>
      {attachments.map(({ index, filename, contentType, sizeBytes }) => (
        <li key={index}>
          <a href={urlOf(readSandboxAttachment, { params: { id, index } })} download={filename}>
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
