import type { SandboxMessage } from '../../../contracts/sandbox.ts';
import { Fact, Facts } from '../../ui/facts.tsx';
import { sizeWords } from '../../ui/size-words.ts';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { exactTime } from '../../ui/time-words.ts';

/** What the header says, and beneath it what the session said: Bcc recipients stand only there. */
export function MessageFacts({ message }: { message: SandboxMessage }) {
  return (
    <Facts>
      <Fact name="From">{message.from}</Fact>
      <Fact name="To">{message.to.join(', ')}</Fact>
      <Fact name="Cc">{message.cc.join(', ')}</Fact>
      <Fact name="Reply-To">{message.replyTo.join(', ')}</Fact>
      <Fact name="Date">{dateWords(message.date)}</Fact>
      <Fact name="Envelope">
        <span className="postern-words">
          {message.mailFrom === '' ? '<>' : message.mailFrom} → {message.recipients.join(', ')}
        </span>
      </Fact>
      <Fact name="Received">
        <TimeAgo at={message.receivedAt} /> from{' '}
        <span className="postern-words">
          {message.session.ehloName || '(no name)'} [{message.session.remoteAddress}]
        </span>
        , {sizeWords(message.sizeBytes)}
      </Fact>
    </Facts>
  );
}

/** The Date header in the reader's zone; its own words where they are no date. */
function dateWords(date: string): string {
  const at = new Date(date);
  return Number.isNaN(at.getTime()) ? date : exactTime(at);
}
