/** The steps of an action: message by message for those that were picked, search by search for all that one finds. */
import {
  cancelMessage,
  changeMessages,
  markMessageSent,
  releaseMessage,
  retryMessage,
} from '../../../contracts/message.ts';
import { call, ProblemError } from '../../lib/call.ts';
import type { BulkAction, BulkStep } from './bulk-run.ts';
import { toLocalDays } from './local-days.ts';

const endpoints = { retry: retryMessage, release: releaseMessage, cancel: cancelMessage, 'mark-sent': markMessageSent };

/** What the action does not fit stays as it is, with the reason; what is gone is gone. */
export async function* changePicked(action: BulkAction, ids: readonly string[]): AsyncGenerator<BulkStep> {
  for (const id of ids) {
    try {
      await call(endpoints[action], { params: { id } });
      yield { changed: 1, unchanged: 0, reasons: [] };
    } catch (error) {
      if (!(error instanceof ProblemError && [404, 409].includes(error.problem.statusCode))) throw error;
      yield { changed: 0, unchanged: 1, reasons: [{ why: error.message, count: 1 }] };
    }
  }
}

/** @param before what was accepted after the question is none of it */
export async function* changeFound(action: BulkAction, q: string, before: Date): AsyncGenerator<BulkStep> {
  let cursor: string | null = null;
  do {
    const body = { action, q: toLocalDays(q), before: before.toISOString(), ...(cursor === null ? {} : { cursor }) };
    const step: BulkStep & { cursor: string | null } = await call(changeMessages, { body });
    cursor = step.cursor;
    yield step;
  } while (cursor !== null);
}
