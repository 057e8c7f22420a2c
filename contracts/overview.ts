/** What the home page shows: what goes out, what waits and for what, what failed and why, how each server fares. */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { Time } from './page.ts';

/**
 * due: its turn is next · sending: an attempt is under way · scheduled: its time has not come · retry: refused for now,
 * tried again · server: its server is blocked, away or paused · held: for a person to decide.
 */
export const waitReasons = ['due', 'sending', 'scheduled', 'retry', 'server', 'held'] as const;

export const Overview = z.object({
  /** The last 24 whole and begun hours, oldest first; counts are recipients. */
  hours: z.array(z.object({ startsAt: Time, sent: z.number().int(), failed: z.number().int() })),
  /** Messages that wait; `search` finds them in the message log. */
  waiting: z.array(
    z.object({
      reason: z.enum(waitReasons),
      count: z.number().int(),
      /** With `server`: which one, and what is wrong with it. */
      settings: z.object({ id: z.string(), name: z.string() }).nullable(),
      detail: z.string(),
      /** When the first of them is next tried; null where that depends on somebody. */
      nextAt: Time.nullable(),
      search: z.string(),
    }),
  ),
  /** Recipients that failed for good in the last 24 hours, by reason, most first. */
  failed: z.array(
    z.object({ reason: z.string(), count: z.number().int(), state: z.string(), exampleId: z.string().nullable() }),
  ),
  settings: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      isDefault: z.boolean(),
      isPaused: z.boolean(),
      state: z.enum(['ok', 'slow', 'unreachable', 'blocked']),
      /** Why it is not `ok`, in plain words; empty when it is. */
      reason: z.string(),
      /** Since when it is not `ok`. */
      since: Time.nullable(),
      nextProbeAt: Time.nullable(),
      waiting: z.number().int(),
      /** Attempts of the last 24 hours that ended with 2xx, and the others. */
      attemptsSent: z.number().int(),
      attemptsNotSent: z.number().int(),
      /** How the last test went; null when never tested. */
      lastTestOk: z.boolean().nullable(),
    }),
  ),
});
export type Overview = z.infer<typeof Overview>;

export const readOverview = defineEndpoint({
  method: 'GET',
  path: '/api/v1/overview',
  tag: 'System',
  summary: 'What goes out, what waits and for what, what failed and why, how each server fares; at most 5 seconds old',
  access: { role: 'viewer', scope: 'read' },
  status: 200,
  reply: Overview,
});
