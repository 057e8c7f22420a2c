import { Button, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type Message, rescheduleMessage } from '../../../contracts/message.ts';
import { call } from '../../lib/call.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogActions } from '../../ui/dialog-actions.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { clockTime } from '../../ui/time-words.ts';
import { fromLocalInput, toLocalInput } from './local-input.ts';
import { named } from './message-questions.tsx';

/** Another time for a message that has not begun: any, or now. The hour is the reader's. */
export function TimeDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const queryClient = useQueryClient();
  const [typed, setTyped] = useState(toLocalInput(new Date(message.scheduled_at ?? Date.now() + 3_600_000)));
  const [fault, setFault] = useState<string | null>(null);
  const change = useMutation({
    mutationFn: (at: Date | null) =>
      call(rescheduleMessage, { params: { id: message.id }, body: { scheduled_at: at?.toISOString() ?? null } }),
    onSuccess: (_, at) => {
      notifyDone(at === null ? 'It goes out now.' : `It goes out at ${clockTime(at, new Date())}.`);
      onClose();
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['messages'] }),
  });
  const save = () => {
    const at = fromLocalInput(typed);
    if (at === null) setFault('Give a day and an hour.');
    else if (at.getTime() <= Date.now()) setFault('That is in the past. To send it at once, choose “Send now”.');
    else change.mutate(at);
  };
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <Dialog isOpen title={`When shall ${named(message)} go out?`} onClose={onClose}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <TextInput
          type="datetime-local"
          label="Day and hour"
          description={`By your own clock: ${zone}.`}
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          value={typed}
          error={fault}
          data-autofocus
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setFault(null);
          }}
        />
        <ProblemNote error={change.error} title="The time was not changed" />
        <DialogActions>
          <Button variant="default" loading={change.isPending} onClick={() => change.mutate(null)}>
            Send now
          </Button>
          <Button type="submit" loading={change.isPending}>
            Change the time
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
