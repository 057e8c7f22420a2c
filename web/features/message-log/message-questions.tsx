/** What is asked before mail goes out twice, or does not go out any more. */
import { type Message, type RecipientState, unreachedStates } from '../../../contracts/message.ts';
import { isUnanswered } from './state-words.ts';

export const named = ({ subject }: Pick<Message, 'subject'>) => `“${subject || '(no subject)'}”`;
const countWords = ({ recipients }: Message, number: number) =>
  recipients.length === 1 ? recipients[0]?.address : number === 1 ? 'one recipient' : `${number} recipients`;

export const twiceQuestion = (message: Message) => ({
  title: `Send ${named(message)} once more now?`,
  children: <p>The server may have taken it already; then it arrives twice.</p>,
  isDestructive: false,
});

export const releaseTwiceQuestion = (message: Message) => ({
  title: `Let ${named(message)} go?`,
  children: <p>The server may have taken it already; then it arrives twice.</p>,
  isDestructive: false,
});

export const cancelQuestion = (message: Message, undecided: number) => ({
  title: `Cancel ${named(message)}?`,
  children: <p>Nothing more of it is sent to {countWords(message, undecided)}. This cannot be undone.</p>,
});

export const markQuestion = (message: Message, undecided: number) => ({
  title: `Mark ${named(message)} as sent?`,
  children: (
    <p>
      For when you know that it arrived: {countWords(message, undecided)} {undecided === 1 ? 'counts' : 'count'} as
      having it, and nothing more is sent. The log says that it was you. This cannot be undone.
    </p>
  ),
});

/** For these it has ended, and they do not have it. */
export const findUnreached = ({ recipients }: Message) =>
  recipients.filter(({ state }) => (unreachedStates as readonly RecipientState[]).includes(state));

/** @param recipients of the message, those that it is to go to */
export const resendQuestion = (message: Message, recipients = message.recipients) => {
  const hasSent = recipients.some(({ state }) => state === 'sent');
  const isRefused = recipients.some(({ state }) => state === 'bounced');
  const mayHaveIt = !hasSent && message.attempts.some(isUnanswered);
  const all = recipients.length === message.recipients.length ? 'all ' : '';
  return {
    title: `Send ${named(message)} again?`,
    children: (
      <>
        <p>
          A new message with the same content goes to{' '}
          {recipients.length === 1
            ? recipients[0]?.address
            : `${all}${recipients.length} recipients${hasSent ? ', also to those who have it already' : ''}`}
          .
        </p>
        {mayHaveIt && <p>An earlier attempt was not answered at its end; who has it from that one gets it twice.</p>}
        {isRefused && <p>Addresses and content stay the same: what was refused because of them is refused again.</p>}
      </>
    ),
    isDestructive: false,
  };
};
