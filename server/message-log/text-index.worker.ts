/**
 * Fills the text index behind the mail: a segment once there are enough messages that have come to rest, and again where a
 * segment no longer says what lies in the database (messages that came late, bodies and messages that retention took).
 *
 * It works in steps of a few milliseconds and rests after each, so that it takes a small share of one core, and a smaller one
 * while mail is being accepted. Where it stands is what the database has: a stop loses at most an unfinished segment. Of
 * several nodes that build the same segment, the first one's stays.
 */
import type { Clock } from '../platform/clock.ts';
import { firstIdAt } from '../platform/id.ts';
import { buildSegment, mostMessages, pageCount, type SegmentBuilder } from './search-segment.ts';
import { addTokens } from './search-token.ts';
import { packIds, type Segment, type TextIndexStore } from './text-index.store.ts';

export interface TextIndexWorker {
  start: () => void;
  /** Resolves when nothing of it is under way any more. */
  stop: () => Promise<void>;
  /** One step; the timer does nothing else. @returns whether there is more to do at once. */
  step: () => Promise<boolean>;
}

export interface TextIndexParts {
  store: TextIndexStore;
  clock: Clock;
  onError: (error: unknown) => void;
  /** Of messages in a segment; at most 4,096, and room for those that come late. */
  segmentSize?: number;
}

/** After it a message that was accepted before another is also seen before it, but for clocks that differ. */
const settleMs = 60_000;
/** At a time; fewer while they are large. */
const mostPerStep = 16;
const pagesPerStep = 8;
const longStepMs = 10;
/** Rest, as a multiple of the work before it: some 10 % of a core, or 3 % while mail comes in. */
const quietRest = 9;
const busyRest = 32;
/** Accepted in the last seconds: more than these is mail coming in. */
const busyMs = 5000;
const busyCount = 100;
const idleMs = 5000;
/** Retention takes a little at a time; a segment is not built anew for each. */
const rebuildAfterMs = 10 * 60_000;

interface Build {
  builder: SegmentBuilder;
  number: number;
  /** `builtAt` of the segment that is built anew. */
  replaces: number | null;
  afterId: string;
  upTo: string;
  ids: string[];
  textCount: number;
  isRead: boolean;
  pages: Uint8Array[];
}

export const openTextIndexWorker = ({ store, clock, onError, segmentSize = 2048 }: TextIndexParts): TextIndexWorker => {
  let build: Build | null = null;
  let perStep = mostPerStep;
  /** All up to here have been looked at in this round. */
  let checkedUpTo = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  let working: Promise<void> = Promise.resolve();
  let isStopped = true;

  const begin = (segment: Pick<Build, 'number' | 'replaces' | 'afterId' | 'upTo'>) => {
    build = { ...segment, builder: buildSegment(), ids: [], textCount: 0, isRead: false, pages: [] };
  };

  const beginNext = async (segments: readonly Segment[]): Promise<boolean> => {
    const number = Math.max(-1, ...segments.map((segment) => segment.number)) + 1;
    let afterId = '';
    for (const segment of segments) {
      if (segment.afterId > afterId) {
        const first = await store.findAhead(afterId, 1);
        if (first !== null && first <= segment.afterId) {
          begin({ number, replaces: null, afterId, upTo: segment.afterId });
          return true;
        }
      }
      afterId = segment.lastId;
    }
    const upTo = await store.findAhead(afterId, segmentSize);
    if (upTo === null || upTo >= firstIdAt('msg', clock.now() - settleMs)) return false;
    begin({ number, replaces: null, afterId, upTo });
    return true;
  };
  /** One after the other, over and over. */
  const checkOne = async (segments: readonly Segment[]): Promise<boolean> => {
    const segment = segments.find(({ lastId }) => lastId > checkedUpTo);
    checkedUpTo = segment?.lastId ?? '';
    if (!segment || clock.now() - segment.builtAt < rebuildAfterMs) return false;
    const { messages, texts } = await store.countIn(segment);
    if (messages === segment.messageCount && texts === segment.textCount) return false;
    // Nothing is left of the oldest ones; the last one says how far the index goes.
    if (messages === 0 && segment !== segments.at(-1)) await store.drop(segment);
    else begin({ number: segment.number, replaces: segment.builtAt, afterId: segment.afterId, upTo: segment.lastId });
    return true;
  };

  const readSome = async (work: Build) => {
    const after = work.ids.at(-1) ?? work.afterId;
    const limit = perStep;
    const startedAt = clock.monotonic();
    const messages = await store.readMessages({ after, upTo: work.upTo, limit });
    for (const message of messages) {
      const place = work.ids.push(message.id) - 1;
      if (message.words !== null) work.textCount += 1;
      addTokens(message, (token) => work.builder.add(token, place));
    }
    const last = messages.at(-1)?.id;
    // What is too much for one leaves a gap, and the gap gets a segment of its own.
    if (last !== undefined && work.ids.length > mostMessages - mostPerStep) work.upTo = last;
    work.isRead = messages.length < limit || last === work.upTo;
    const isLong = clock.monotonic() - startedAt > longStepMs;
    perStep = isLong ? Math.ceil(limit / 2) : Math.min(mostPerStep, limit * 2);
  };
  const finish = ({ number, replaces, afterId, upTo, ids, textCount, pages }: Build) => {
    const counts = { messageCount: ids.length, textCount, builtAt: clock.now() };
    return store.put({ number, afterId, lastId: upTo, ...counts, ids: packIds(ids), pages }, replaces);
  };

  const step = async (): Promise<boolean> => {
    if (build === null) {
      const segments = await store.readSegments();
      return (await beginNext(segments)) || checkOne(segments);
    }
    const work = build;
    try {
      if (!work.isRead) await readSome(work);
      else if (work.pages.length < pageCount) {
        for (let count = 0; count < pagesPerStep; count += 1)
          work.pages.push(work.builder.pack(work.pages.length, work.ids.length));
      } else {
        build = null;
        await finish(work);
      }
      return true;
    } catch (error) {
      build = null;
      throw error;
    }
  };

  let isBusy = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  const lookWhetherBusy = async () => {
    if (clock.monotonic() - askedAt < busyMs) return;
    askedAt = clock.monotonic();
    isBusy = (await store.findAhead(firstIdAt('msg', clock.now() - busyMs), busyCount)) !== null;
  };
  const work = async () => {
    const startedAt = clock.monotonic();
    let rest = idleMs;
    try {
      await lookWhetherBusy();
      if (await step()) rest = (clock.monotonic() - startedAt) * (isBusy ? busyRest : quietRest);
    } catch (error) {
      onError(error);
    }
    if (!isStopped) schedule(rest);
  };
  const schedule = (restMs: number) => {
    timer = setTimeout(() => {
      working = work();
    }, restMs).unref();
  };

  return {
    start: () => {
      isStopped = false;
      schedule(idleMs);
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await working;
    },
    step,
  };
};
