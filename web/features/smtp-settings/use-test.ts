/** Runs one test at a time and keeps its ladder; a new one, and leaving the page, end the one before. */
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useReducer, useRef } from 'react';
import {
  type LadderEvent,
  type SmtpSettingsDraft,
  testSmtpSettings,
  testSmtpSettingsDraft,
} from '../../../contracts/diagnosis.ts';
import { ProblemError, stream } from '../../lib/call.ts';
import { reduceTest, type TestRun } from './ladder.ts';
import { settingsQuery } from './smtp-settings-queries.ts';

export interface TestBench {
  run: TestRun | null;
  /** Tests what is saved. `to` is shown until the server says where it sent. */
  testSaved: (id: string, to: string) => Promise<void>;
  /** Tests the form; resolves with the problem when the server refuses a field. */
  testDraft: (subject: string, body: SmtpSettingsDraft, to: string) => Promise<ProblemError | null>;
  cancel: () => void;
  adopt: (subject: string) => void;
}

export function useTest(): TestBench {
  const [run, dispatch] = useReducer(reduceTest, null);
  const queryClient = useQueryClient();
  const current = useRef<{ number: number; abort: AbortController } | null>(null);

  useEffect(() => () => current.current?.abort.abort(), []);

  const start = useCallback(
    async (
      subject: string,
      isDraft: boolean,
      to: string,
      send: (signal: AbortSignal, onEvent: (event: LadderEvent) => void) => Promise<void>,
    ): Promise<ProblemError | null> => {
      current.current?.abort.abort();
      const abort = new AbortController();
      const number = (current.current?.number ?? 0) + 1;
      current.current = { number, abort };
      dispatch({ type: 'start', number, subject, isDraft, to });
      let hasResult = false;
      try {
        await send(abort.signal, (event) => {
          hasResult ||= event.event === 'result';
          dispatch({ type: 'event', number, event });
        });
        if (!hasResult)
          dispatch({
            type: 'refuse',
            number,
            message: 'Postern stopped answering before the test was over. Test again.',
          });
        return null;
      } catch (error) {
        if (abort.signal.aborted) return null;
        const message = error instanceof Error ? error.message : String(error);
        dispatch({ type: 'refuse', number, message });
        return error instanceof ProblemError ? error : null;
      } finally {
        // The server has noted when the test was and how it went.
        if (subject !== 'new') void queryClient.invalidateQueries({ queryKey: settingsQuery(subject).queryKey });
      }
    },
    [queryClient],
  );

  const acts = useMemo(
    () => ({
      testSaved: async (id: string, to: string) => {
        await start(id, false, to, (signal, onEvent) =>
          stream(testSmtpSettings, { params: { id }, body: {}, signal }, onEvent),
        );
      },
      testDraft: (subject: string, body: SmtpSettingsDraft, to: string) =>
        start(subject, true, to, (signal, onEvent) => stream(testSmtpSettingsDraft, { body, signal }, onEvent)),
      cancel: () => {
        if (!current.current) return;
        dispatch({ type: 'cancel', number: current.current.number });
        current.current.abort.abort();
      },
      adopt: (subject: string) => dispatch({ type: 'adopt', subject }),
    }),
    [start],
  );
  return useMemo(() => ({ run, ...acts }), [run, acts]);
}
