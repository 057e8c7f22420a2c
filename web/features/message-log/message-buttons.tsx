import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import {
  cancelMessage,
  isTestMessage,
  type Message,
  markMessageSent,
  releaseMessage,
  resendMessage,
  retryMessage,
} from '../../../contracts/message.ts';
import { call } from '../../lib/call.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { ReasonButton } from '../../ui/reason-button.tsx';
import {
  cancelQuestion,
  findUnreached,
  markQuestion,
  releaseTwiceQuestion,
  resendQuestion,
  twiceQuestion,
} from './message-questions.tsx';
import { SettingsLink } from './settings-link.tsx';
import { hasWaiting, isUnanswered, isWaiting } from './state-words.ts';
import { TimeDialog } from './time-dialog.tsx';

const endpoints = {
  retry: retryMessage,
  cancel: cancelMessage,
  release: releaseMessage,
  'mark-sent': markMessageSent,
};
type Action = keyof typeof endpoints | 'resend';
interface Step {
  name: Action;
  only?: 'unreached' | undefined;
}

const done: Record<Action, string> = {
  retry: 'It is tried again now.',
  cancel: 'The message was cancelled.',
  release: 'The message was released.',
  resend: 'Accepted as a new message.',
  'mark-sent': 'Marked as sent.',
};

const beingSent = 'It is being sent at this moment. Wait for what the server says.';

/**
 * What can be done with a message in its state, and why not. Asks before mail goes out twice, or does not go out any more.
 * @param isParked nothing goes to its server: trying the message alone would do nothing
 */
export function MessageButtons({ message, isParked }: { message: Message; isParked: boolean }) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const [isTiming, setTiming] = useState(false);
  const whyNot = useReasonWhyNot(cancelMessage);
  const action = useMutation({
    mutationFn: ({ name, only }: Step) =>
      name === 'resend'
        ? call(resendMessage, { params: { id: message.id }, body: { only } })
        : call(endpoints[name], { params: { id: message.id } }),
    onSuccess: async (summary, { name }) => {
      notifyDone(done[name]);
      if (name === 'resend') await navigate({ to: '/messages/$id', params: { id: summary.id } });
    },
    onError: notifyProblem,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['messages'] }),
  });
  const ask = async (name: Action, question: Parameters<typeof askYesNo>[0], only?: Step['only']) => {
    if (await askYesNo(question)) action.mutate({ name, only });
  };
  const { recipients } = message;
  const those = (test: (state: Message['state']) => boolean) => recipients.filter(({ state }) => test(state)).length;
  const waits = those(isWaiting);
  const held = those((state) => state === 'held');
  const undecided = waits + held;
  const unreached = findUnreached(message);
  const isPart = unreached.length > 0 && unreached.length < recipients.length;
  const isUncertain = message.attempts.some(isUnanswered);
  const isSending = message.state === 'sending';
  const busy = action.isPending ? 'The last click is still being carried out.' : null;
  const reason = whyNot ?? busy;
  const whileSending = reason ?? (isSending ? beingSent : null);
  const tooLate = message.attempt_count > 0 ? 'Only before its first attempt: this one has begun.' : null;
  return (
    <>
      {held > 0 && (
        <ReasonButton
          disabledReason={whileSending}
          onClick={() =>
            isUncertain ? void ask('release', releaseTwiceQuestion(message)) : action.mutate({ name: 'release' })
          }
        >
          Release
        </ReasonButton>
      )}
      {hasWaiting(message) && (
        <>
          {!isParked && (
            <ReasonButton
              disabledReason={whileSending}
              onClick={() =>
                isUncertain ? void ask('retry', twiceQuestion(message)) : action.mutate({ name: 'retry' })
              }
            >
              Try now
            </ReasonButton>
          )}
          <ReasonButton disabledReason={whileSending ?? tooLate} onClick={() => setTiming(true)}>
            Change the time
          </ReasonButton>
        </>
      )}
      {undecided > 0 && (
        <>
          <ReasonButton
            disabledReason={whileSending}
            onClick={() => void ask('mark-sent', markQuestion(message, undecided))}
          >
            Mark as sent
          </ReasonButton>
          <ReasonButton disabledReason={reason} onClick={() => void ask('cancel', cancelQuestion(message, undecided))}>
            Cancel
          </ReasonButton>
        </>
      )}
      {isTestMessage(message) ? (
        // A new one is made there; settings that were only tested have no page.
        message.smtp_settings?.id && <SettingsLink {...message.smtp_settings} />
      ) : (
        <>
          {isPart && (
            <ReasonButton
              disabledReason={reason}
              onClick={() => void ask('resend', resendQuestion(message, unreached), 'unreached')}
            >
              Send again to those who did not get it
            </ReasonButton>
          )}
          <ReasonButton disabledReason={reason} onClick={() => void ask('resend', resendQuestion(message))}>
            {isPart ? 'Send again to all' : 'Send again'}
          </ReasonButton>
        </>
      )}
      {isTiming && <TimeDialog message={message} onClose={() => setTiming(false)} />}
    </>
  );
}
