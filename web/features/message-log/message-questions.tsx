/** What is asked before mail goes out twice, or does not go out any more. */
import type { Message } from '../../../contracts/message.ts';

export const named = ({ subject }: Pick<Message, 'subject'>) => `“${subject || '(no subject)'}”`;
const countWords = (number: number) => (number === 1 ? 'one recipient' : `${number} recipients`);

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
  children: <p>Whoever does not have it yet, {countWords(undecided)}, never gets it. This cannot be undone.</p>,
});

export const markQuestion = (message: Message, undecided: number) => ({
  title: `Mark ${named(message)} as sent?`,
  children: (
    <p>
      For when you know better than the log: {countWords(undecided)} of it {undecided === 1 ? 'is' : 'are'} taken to
      have it, and nothing more is sent. The log says that it was you. This cannot be undone.
    </p>
  ),
});

export const resendQuestion = (message: Message) => ({
  title: `Send ${named(message)} again?`,
  children: (
    <p>
      A new message with the same content goes to{' '}
      {message.recipients.length === 1
        ? message.recipients[0]?.address
        : `all ${message.recipients.length} recipients, also to those who have it already`}
      .
    </p>
  ),
  isDestructive: false,
});
