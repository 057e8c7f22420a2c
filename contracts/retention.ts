/** How long messages are kept. Runtime settings: changed on a screen, effective without a restart. */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';

const days = z.number().int().min(1).max(3650).nullable();

export const Retention = z.object({
  /** After these days what a message said is deleted; who got it and when stays. Null: kept. */
  body_days: days,
  /** After these days the message and its attempts are deleted. Null: kept. Not less than `body_days`. */
  message_days: days,
});
export type Retention = z.infer<typeof Retention>;

const tag = 'Retention';

export const readRetention = defineEndpoint({
  method: 'GET',
  path: '/api/v1/retention',
  tag,
  summary: 'How long messages are kept',
  access: { role: 'viewer', scope: 'read' },
  status: 200,
  reply: Retention,
});

export const changeRetention = defineEndpoint({
  method: 'PATCH',
  path: '/api/v1/retention',
  tag,
  summary: 'Change how long messages are kept; what waits is never deleted',
  access: { role: 'administrator', scope: 'admin' },
  body: z.strictObject(Retention.partial().shape),
  status: 200,
  reply: Retention,
});
