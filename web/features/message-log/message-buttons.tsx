import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import {
  cancelMessage,
  type Message,
  releaseMessage,
  resendMessage,
  retryMessage,
} from '../../../contracts/message.ts';
import { call } from '../../lib/call.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import classes from './message-view.module.css';
import { isWaiting } from './state-words.ts';

const endpoints = { retry: retryMessage, cancel: cancelMessage, release: releaseMessage, resend: resendMessage };
type Action = keyof typeof endpoints;

const done: Record<Action, string> = {
  retry: 'It is tried again now.',
  cancel: 'The message was cancelled.',
  release: 'The message was released.',
  resend: 'Accepted as a new message.',
};

/** What can be done with a message in its state. Asks before mail goes out twice, or does not go out any more. */
export function MessageButtons({ message }: { message: Message }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const reason = useReasonWhyNot(cancelMessage);
  const action = useMutation({
    mutationFn: (name: Action) => call(endpoints[name], { params: { id: message.id } }),
    onSuccess: async (summary, name) => {
      notifyDone(done[name]);
      if (name === 'resend') await navigate({ to: '/messages/$id', params: { id: summary.id } });
    },
    onError: notifyProblem,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['messages'] }),
  });
  const ask = async (name: Action, question: Parameters<typeof askYesNo>[0]) => {
    if (await askYesNo(question)) action.mutate(name);
  };
  const { recipients } = message;
  const those = (test: (state: Message['state']) => boolean) => recipients.filter(({ state }) => test(state)).length;
  const waits = those(isWaiting);
  const held = those((state) => state === 'held');
  const isUncertain = those((state) => state === 'uncertain') > 0;
  const common = { size: 'xs', disabled: reason !== null || action.isPending, variant: 'default' } as const;
  return (
    <div className={classes.buttons}>
      {waits > 0 && message.state !== 'sending' && (
        <Button {...common} onClick={() => (isUncertain ? void ask('retry', twice(message)) : action.mutate('retry'))}>
          Try now
        </Button>
      )}
      {held > 0 && (
        <Button {...common} onClick={() => action.mutate('release')}>
          Release
        </Button>
      )}
      {waits + held > 0 && (
        <Button {...common} onClick={() => void ask('cancel', cancelQuestion(message, waits + held))}>
          Cancel
        </Button>
      )}
      <Button {...common} onClick={() => void ask('resend', resendQuestion(message))}>
        Send again
      </Button>
      {reason !== null && <span className={classes.reason}>{reason}</span>}
    </div>
  );
}

const named = ({ subject }: Message) => `“${subject || '(no subject)'}”`;
const count = (number: number) => (number === 1 ? 'one recipient' : `${number} recipients`);

const twice = (message: Message) => ({
  title: `Send ${named(message)} once more now?`,
  children: <p>The server may have taken it already; then it arrives twice.</p>,
  isDestructive: false,
});

const cancelQuestion = (message: Message, waiting: number) => ({
  title: `Cancel ${named(message)}?`,
  children: <p>Whoever does not have it yet, {count(waiting)}, never gets it. This cannot be undone.</p>,
});

const resendQuestion = (message: Message) => ({
  title: `Send ${named(message)} again?`,
  children: (
    <p>
      A new message with the same content goes to {count(message.recipients.length)}, also to those who have it already.
    </p>
  ),
  isDestructive: false,
});
