/** Whether mail goes out, what stops it, and the switches for it: the top of every page, and the pages of servers, need it. */
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import {
  pauseSending,
  pauseSmtpSettings,
  probeSmtpSettings,
  readSending,
  resumeSending,
  resumeSmtpSettings,
  type SendingState,
} from '../../contracts/sending.ts';
import { call } from './call.ts';
import { useReasonWhyNot } from './me.ts';

const refreshMs = 5000;

export const sendingQuery = queryOptions({
  queryKey: ['sending'],
  queryFn: ({ signal }) => call(readSending, { signal }),
  refetchInterval: refreshMs,
  staleTime: refreshMs - 1000,
});

/** Undefined until it is known. */
export function useSending(): SendingState | undefined {
  return useQuery(sendingQuery).data;
}

/** `id` of the SMTP settings; null for all of them. A probe is always of one. */
export type Steering = { act: 'pause' | 'resume'; id: string | null } | { act: 'probe'; id: string };

const carryOut = ({ act, id }: Steering): Promise<SendingState> => {
  if (id === null) return call(act === 'pause' ? pauseSending : resumeSending);
  const one = { pause: pauseSmtpSettings, resume: resumeSmtpSettings, probe: probeSmtpSettings };
  return call(one[act], { params: { id } });
};

/** Pauses, resumes, probes; what comes of it stands on every page at once. `whyNot` says why this person may not. */
export function useSteering(onError: (error: Error) => void) {
  const queryClient = useQueryClient();
  const whyNot = useReasonWhyNot(pauseSending);
  const mutation = useMutation({
    mutationFn: carryOut,
    onSuccess: (state) => {
      queryClient.setQueryData(sendingQuery.queryKey, state);
      for (const key of ['overview', 'messages']) void queryClient.invalidateQueries({ queryKey: [key] });
    },
    onError,
  });
  return { steer: mutation.mutate, isBusy: mutation.isPending, whyNot };
}

/** What is to be said of one server beside how its mail fares; null: nothing. */
export function stateOfServer(
  sending: SendingState | undefined,
  id: string | null,
): { kind: 'paused' } | { kind: 'alert'; alert: SendingState['alerts'][number] } | null {
  if (sending === undefined || id === null) return null;
  if (sending.paused_settings.some((each) => each.id === id)) return { kind: 'paused' };
  const alert = sending.alerts.find((each) => each.smtp_settings.id === id);
  return alert === undefined ? null : { kind: 'alert', alert };
}
