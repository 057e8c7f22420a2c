/** What the shell of every page needs to know about this installation. */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';

export const readSystem = defineEndpoint({
  method: 'GET',
  path: '/api/v1/system',
  tag: 'System',
  summary: 'Version and what needs attention',
  access: 'signed-in',
  status: 200,
  reply: z.object({
    version: z.string(),
    database: z.enum(['sqlite', 'postgres']),
    /** Sending is closed while the key that unlocks server passwords is missing or wrong; the sentence says what to do. */
    sendingClosed: z.string().nullable(),
  }),
});
