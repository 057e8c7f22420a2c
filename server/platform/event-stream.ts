/** Server-sent events over a Fastify reply (WHATWG HTML §9.2). */
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface EventStream {
  send: (event: string, data: unknown) => void;
  close: () => void;
  /** Aborted when the reader goes away. */
  signal: AbortSignal;
}

/** Proxies drop a connection that stays silent; a comment line keeps it. */
const heartbeatMs = 15_000;

export const wantsEventStream = (request: FastifyRequest): boolean =>
  (request.headers.accept ?? '').includes('text/event-stream');

/** Takes the reply over; the handler returns undefined afterwards. */
export const openEventStream = (reply: FastifyReply): EventStream => {
  const gone = new AbortController();
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // nginx would hold the events back.
    'x-accel-buffering': 'no',
  });
  raw.write(': open\n\n');
  const heartbeat = setInterval(() => raw.write(':\n\n'), heartbeatMs);
  raw.on('close', () => {
    clearInterval(heartbeat);
    gone.abort();
  });
  raw.on('error', () => gone.abort());
  return {
    send: (event, data) => {
      if (!raw.writableEnded && !raw.destroyed) raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    close: () => raw.end(),
    signal: gone.signal,
  };
};
