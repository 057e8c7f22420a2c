/**
 * What is answered where no request could be read: the connection broke its own rules, or took too long.
 *
 * A request must be complete within a time (slowloris), but one whose body may be of any length must only go on: it is let
 * be as long as bytes move, and closed after a silence.
 */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Problem } from '../../contracts/problem.ts';

const mayTakeLong = new WeakSet<Socket>();
/** Longer than a database is waited for. */
const silenceMs = 120_000;

/** For a body that is read as it comes in. */
export const letTakeLong = (request: IncomingMessage): void => {
  mayTakeLong.add(request.socket);
  request.setTimeout(silenceMs);
};

const statuses: Record<string, [statusCode: number, name: Problem['name'], message: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'validation_error', 'The request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: [431, 'payload_too_large', 'The headers are too long.'],
};

/** The listener of `clientError`: there is no request, so it writes to the connection itself and ends it. */
export const answerClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && mayTakeLong.has(socket)) return;
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [statusCode, name, message] = statuses[error.code ?? ''] ?? [400, 'validation_error', 'This is not HTTP.'];
  const body = JSON.stringify({ statusCode, name, message, fields: [] } satisfies Problem);
  const head = `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  if (socket.writable) socket.write(`${head}\r\nConnection: close\r\n\r\n${body}`);
  socket.destroy(error);
};
