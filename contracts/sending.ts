/** Whether mail goes out at all, what stops a server, and the switches for it. */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { Time } from './page.ts';

/** For the top of every page: mail waits for somebody to do something. */
export const SendingAlert = z.object({
  smtp_settings: z.object({ id: z.string(), name: z.string() }),
  state: z.enum(['unreachable', 'blocked']),
  /** A stable word: `sign-in`, `certificate`, `relay`, `connection`, … */
  code: z.string(),
  /** What is wrong and what to do, in plain words. */
  reason: z.string(),
  since: Time,
  /** Null: it is not tried again until something changes. */
  next_probe_at: Time.nullable(),
  /** Not counted further than a little above 10,000: more than that means "more than 10,000". */
  waiting: z.number().int(),
});
export type SendingAlert = z.infer<typeof SendingAlert>;

export const SendingState = z.object({
  /** All sending, by a person. */
  is_paused: z.boolean(),
  paused_by: z.string().nullable(),
  paused_at: Time.nullable(),
  /** Settings that a person paused by themselves. */
  paused_settings: z.array(z.object({ id: z.string(), name: z.string(), waiting: z.number().int() })),
  /** Why Postern itself cannot send (the key is missing, the disk is full); null: it can. */
  problem: z.string().nullable(),
  alerts: z.array(SendingAlert),
});
export type SendingState = z.infer<typeof SendingState>;

const tag = 'Sending';
const access = { role: 'operator', scope: 'admin' } as const;
const params = z.object({ id: z.string() });

export const readSending = defineEndpoint({
  method: 'GET',
  path: '/api/v1/sending',
  tag,
  summary: 'Whether mail goes out, and what stops it; at most 5 seconds old',
  access: { role: 'viewer', scope: 'read' },
  status: 200,
  reply: SendingState,
});

const change = (path: string, summary: string) =>
  defineEndpoint({ method: 'POST', path, tag, summary, access, status: 200, reply: SendingState });
const changeOne = (name: string, summary: string) =>
  defineEndpoint({
    method: 'POST',
    path: `/api/v1/smtp-settings/:id/${name}`,
    tag,
    summary,
    access,
    params,
    status: 200,
    reply: SendingState,
  });

export const pauseSending = change(
  '/api/v1/sending/pause',
  'Send nothing more until resumed; mail is accepted and waits',
);
export const resumeSending = change('/api/v1/sending/resume', 'Send again');
export const pauseSmtpSettings = changeOne('pause', 'Send nothing more by these settings until resumed');
export const resumeSmtpSettings = changeOne('resume', 'Send by these settings again');
export const probeSmtpSettings = changeOne('probe', 'Try a server that mail waits for now');
