/**
 * HTTP for the message log and the home page. What a message contains was written by strangers as often as not: it is
 * parsed aside, its HTML is a document of its own, its source text, its attachments downloads. Of secret mail (resets,
 * invitations) nothing of the content is shown to anybody, whoever asks.
 */
import { setImmediate } from 'node:timers/promises';
import {
  cancelMessage,
  changeMessages as changeMessagesEndpoint,
  countMessages,
  listMessages,
  type Message,
  MessageId,
  type MessageSummary,
  markMessageSent,
  readMessage,
  readMessageAttachment,
  readMessageHtml,
  readMessageSource,
  releaseMessage,
  rescheduleMessage,
  resendMessage as resendMessageEndpoint,
  retryMessage,
  watchMessages,
} from '../../contracts/message.ts';
import { readOverview } from '../../contracts/overview.ts';
import type { Clock } from '../platform/clock.ts';
import { openEventStream } from '../platform/event-stream.ts';
import { sendForeignFile, sendForeignHtml, sendForeignText } from '../platform/foreign-content.ts';
import { callerName, type Router } from '../platform/http.ts';
import { newId } from '../platform/id.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';
import { formatDownload } from '../sandbox/download-name.ts';
import type { CapturedMail } from '../sandbox/parse-captured.ts';
import type { AcceptStore } from '../submission/accepted-message.ts';
import { furthestScheduleMs } from '../submission/check-submission.ts';
import { changeMessages } from './change-messages.ts';
import type { FoundMessages } from './found-messages.store.ts';
import { toLastEvent } from './last-event.ts';
import type { ActionOutcome, MessageActions } from './message-actions.store.ts';
import { assembleContent } from './message-content.ts';
import type { MessageLogStore, MessageRecord } from './message-log.store.ts';
import type { MessageWatch } from './message-watch.worker.ts';
import type { OverviewStore } from './overview.store.ts';
import { resendMessage } from './resend-message.ts';
import { parseSearch, type SearchTerm } from './search-query.ts';

export interface MessageLogRouteParts {
  store: MessageLogStore;
  found: FoundMessages;
  actions: MessageActions;
  watch: Pick<MessageWatch, 'watch'>;
  overview: OverviewStore;
  accept: AcceptStore['accept'];
  /** What a composed message says; bounded in time and memory. */
  readMail: (source: Uint8Array) => Promise<CapturedMail>;
  readAttachment: (source: Uint8Array, index: number) => Promise<{ filename: string; content: Uint8Array } | null>;
  clock: Clock;
}

/** A stream ends after it and the browser asks again, so that somebody who was signed out stops seeing changes. */
const streamMs = 10 * 60_000;

export const addMessageLogRoutes = ({ route }: Router, parts: MessageLogRouteParts): void => {
  const { store, actions, clock } = parts;

  const readTerms = (q: string): SearchTerm[] => {
    const search = parseSearch(q, clock.now());
    if (search.ok) return search.terms;
    throw new Refusal('validation_error', search.problems[0]?.message ?? '', { fields: search.problems });
  };
  route(listMessages, async ({ query }) => {
    checkCursor(query.cursor);
    return store.list({ terms: readTerms(query.q), cursor: query.cursor, limit: query.limit });
  });
  route(countMessages, async ({ query }) => parts.found.count({ terms: readTerms(query.q), limit: countLimit }));

  route(readMessage, async ({ params }) => {
    const record = found(await store.read(params.id));
    const forLibraries = { object: 'email' as const, last_event: toLastEvent(record, clock.now()) };
    return { ...forLibraries, ...record, ...(await readContentOf(record)) };
  });
  const readContentOf = async (record: MessageRecord): Promise<ShownContent> => {
    const addresses = (kind: string) =>
      record.recipients.filter((each) => each.kind === kind).map((each) => each.address);
    const fromEnvelope = {
      cc: addresses('cc'),
      bcc: addresses('bcc'),
      reply_to: [],
      text: null,
      html: null,
      attachments: [],
    };
    const content = record.is_secret ? null : await store.readContent(record.id);
    if (content === null) return fromEnvelope;
    const mail = await parts.readMail(assembleContent(content));
    return {
      ...fromEnvelope,
      cc: mail.cc.length > 0 ? mail.cc : fromEnvelope.cc,
      reply_to: mail.replyTo,
      text: mail.text,
      html: mail.html,
      attachments: mail.attachments.map(({ index, filename, contentType, sizeBytes }) => ({
        index,
        filename,
        content_type: contentType,
        size_bytes: sizeBytes,
      })),
    };
  };

  /** @throws Refusal for secret mail, and where nothing is kept any more. */
  const readSource = async (id: string): Promise<Uint8Array> => {
    const summary = found(await store.readSummary(id));
    if (summary.is_secret) throw new Refusal('forbidden', 'This is secret mail: what it says is shown to nobody.');
    const content = await store.readContent(id);
    if (content === null) throw new Refusal('not_found', 'The content of this message is not kept any more.');
    return assembleContent(content);
  };

  route(readMessageSource, async ({ params, reply }) => {
    sendForeignText(reply, await readSource(params.id), `${params.id}.eml`);
    return undefined;
  });

  route(readMessageHtml, async ({ params, reply }) => {
    const { html } = await parts.readMail(await readSource(params.id));
    if (html === null) throw new Refusal('not_found', 'This message has no HTML part.');
    sendForeignHtml(reply, html);
    return undefined;
  });

  route(readMessageAttachment, async ({ params, reply }) => {
    const attachment = await parts.readAttachment(await readSource(params.id), params.index);
    if (!attachment) throw new Refusal('not_found', 'This message has no such attachment.');
    sendForeignFile(reply, attachment.content, formatDownload(attachment.filename));
    return undefined;
  });

  const answer = async (id: string, done: ActionOutcome): Promise<MessageSummary> => {
    if (done.outcome === 'unchanged') throw new Refusal('conflict', done.why);
    return found(done.outcome === 'not-found' ? null : await store.readSummary(id));
  };
  route(cancelMessage, async ({ params: { id }, caller }) => answer(id, await actions.cancel(id, callerName(caller))));
  route(retryMessage, async ({ params: { id }, caller }) => answer(id, await actions.retry(id, callerName(caller))));
  route(releaseMessage, async ({ params: { id }, caller }) =>
    answer(id, await actions.release(id, callerName(caller))),
  );
  route(markMessageSent, async ({ params: { id }, caller }) =>
    answer(id, await actions.markSent(id, callerName(caller))),
  );
  route(rescheduleMessage, async ({ params: { id }, body, caller }) => {
    const at = body.scheduled_at === null ? null : Date.parse(body.scheduled_at);
    checkSchedule(at, clock.now());
    return answer(id, await actions.reschedule(id, at, callerName(caller)));
  });
  route(changeMessagesEndpoint, async ({ body: { action, q, before, cursor, limit }, caller }) => {
    checkCursor(cursor);
    const terms: SearchTerm[] = [...readTerms(q), { operator: 'before', at: Date.parse(before), text: before }];
    const effects = { find: parts.found.step, actions, monotonic: clock.monotonic, breathe: () => setImmediate() };
    const by = callerName(caller);
    const { next, ...done } = await changeMessages(effects, { action, terms, after: cursor ?? null, limit, by });
    return { ...done, cursor: next };
  });

  route(resendMessageEndpoint, async ({ params, body: { only }, caller }) => {
    const effects = {
      readAccepted: store.readAccepted,
      accept: parts.accept,
      newId: (now: number) => newId('msg', now),
      now: clock.now,
    };
    const done = await resendMessage(effects, params.id, { by: callerName(caller), only });
    if (done.outcome === 'refused') throw new Refusal('conflict', done.why);
    if (done.outcome === 'unavailable') throw unavailable(done.problem);
    return found(done.outcome === 'not-found' ? null : await store.readSummary(done.id));
  });

  route(watchMessages, async ({ reply }) => {
    const stream = openEventStream(reply);
    const stopWatching = parts.watch.watch((change) => stream.send('changed', change));
    const end = setTimeout(() => stream.close(), streamMs).unref();
    stream.signal.addEventListener('abort', () => {
      stopWatching();
      clearTimeout(end);
    });
    return undefined;
  });

  route(readOverview, () => parts.overview.read());
};

/** Nobody reads a larger number digit by digit. */
const countLimit = 10_000;

/** Another one would find nothing, which looks like the end of the list. */
function checkCursor(cursor: string | undefined): void {
  if (cursor === undefined || MessageId.safeParse(cursor).success) return;
  throw refuseField('cursor', 'invalid', 'Give the cursor of the last reply as it was, or leave it out to begin.');
}

function checkSchedule(at: number | null, now: number): void {
  if (at === null) return;
  if (at <= now)
    throw refuseField(
      'scheduled_at',
      'in_the_past',
      'This time has passed. Give one that lies ahead, or null for now.',
    );
  if (at > now + furthestScheduleMs) throw refuseField('scheduled_at', 'too_late', 'Give a time within a year.');
}

type ShownContent = Pick<Message, 'cc' | 'bcc' | 'reply_to' | 'text' | 'html' | 'attachments'>;

const unavailable = (problem: string) =>
  new Refusal('unavailable', `Nothing was accepted: ${problem} Try again.`, { headers: { 'retry-after': '10' } });

function found<T>(message: T | null): T {
  if (message === null) {
    throw new Refusal('not_found', 'There is no message with this id; it may have been deleted with its time.');
  }
  return message;
}
