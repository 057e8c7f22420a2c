import { useQuery } from '@tanstack/react-query';
import {
  readSandboxAttachment,
  readSandboxHtml,
  readSandboxSource,
  type SandboxMessage,
} from '../../../contracts/sandbox.ts';
import { urlOf } from '../../lib/call.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { AttachmentList, HtmlFrame, SourceText } from '../../ui/mail-parts.tsx';
import classes from './message-reader.module.css';
import { sourceQuery } from './sandbox-queries.ts';

export function HtmlPart({ id }: { id: string }) {
  return <HtmlFrame src={urlOf(readSandboxHtml, { params: { id } })} />;
}

/** The message as it came. */
export function Source({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(sourceQuery(id));
  const href = urlOf(readSandboxSource, { params: { id } });
  return <SourceText source={data} error={error} onRetry={() => void refetch()} href={href} />;
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

/** Nothing that came here can be clicked; what a mail asks its reader to open is copied from here. */
export function Links({ links }: { links: readonly string[] }) {
  return (
    <ul className={`postern-words ${classes.links}`}>
      {links.map((link) => (
        <li key={link}>
          <span>{link}</span>
          <CopyButton text={link} label={`Copy ${link}`} isIcon />
        </li>
      ))}
    </ul>
  );
}

export function Attachments({ id, attachments }: { id: string; attachments: SandboxMessage['attachments'] }) {
  const hrefOf = (index: number) => urlOf(readSandboxAttachment, { params: { id, index } });
  return <AttachmentList attachments={attachments} hrefOf={hrefOf} />;
}
