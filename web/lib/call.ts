/**
 * Typed fetch over the contracts. One endpoint object says method, path and shapes; the reply comes back typed.
 * Every request carries the session cookie (same origin) and `X-Postern: 1`, which the server asks of everything that
 * changes something: another site's form cannot set it.
 */
import type { z } from 'zod';
import type { BodyInput, Endpoint, QueryInput, ReplyOf } from '../../contracts/endpoint.ts';
import { parseEventStream } from './event-stream.ts';
import { ProblemError, problemFrom, UnreachableError } from './problem-error.ts';

export { ProblemError, UnreachableError };

type ParamsInput<E extends Endpoint> = E['params'] extends z.ZodType ? z.input<E['params']> : undefined;
type Part<Key extends string, T> = [T] extends [undefined]
  ? { [K in Key]?: undefined }
  : undefined extends T
    ? { [K in Key]?: T }
    : object extends T
      ? { [K in Key]?: T }
      : { [K in Key]: T };

/** What a call of this endpoint needs: `params`, `query` and `body` as its contract says. */
export type CallInput<E extends Endpoint> = Part<'params', ParamsInput<E>> &
  Part<'query', QueryInput<E>> &
  Part<'body', BodyInput<E>> & { headers?: Record<string, string>; signal?: AbortSignal };

type Arguments<E extends Endpoint> = object extends CallInput<E> ? [input?: CallInput<E>] : [input: CallInput<E>];

interface LooseInput {
  params?: unknown;
  query?: unknown;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

let signedOut: () => void = () => {};

/** What to do when the server says that nobody is signed in (401) to anything but sign-in itself. */
export function onSignedOut(callback: () => void): void {
  signedOut = callback;
}

let secondFactorRequired: () => void = () => {};

/** What to do when the server says that this person must set up a second factor before anything else. */
export function onSecondFactorRequired(callback: () => void): void {
  secondFactorRequired = callback;
}

/** Path with its parameters filled in and the query added; for links, frames and EventSource too. */
export function urlOf<E extends Endpoint>(endpoint: E, input: Pick<LooseInput, 'params' | 'query'> = {}): string {
  const params = (input.params ?? {}) as Record<string, string | number>;
  const path = endpoint.path.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    if (params[name] === undefined) throw new Error(`${endpoint.path} needs the parameter ${name}`);
    return encodeURIComponent(params[name]);
  });
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries((input.query ?? {}) as Record<string, unknown>)) {
    if (value !== undefined && value !== null) query.set(key, String(value));
  }
  const search = query.toString();
  return search === '' ? path : `${path}?${search}`;
}

/** Calls the endpoint. Throws ProblemError (refused), UnreachableError (no answer) or AbortError (`signal`). */
export async function call<E extends Endpoint>(endpoint: E, ...[input]: Arguments<E>): Promise<ReplyOf<E>> {
  const response = await request(endpoint, input ?? {}, 'application/json');
  return (response.status === 204 ? undefined : await response.json()) as ReplyOf<E>;
}

/** Calls an endpoint whose reply is text (`produces`). */
export async function callText<E extends Endpoint>(endpoint: E, ...[input]: Arguments<E>): Promise<string> {
  return (await request(endpoint, input ?? {}, '*/*')).text();
}

/** Calls an endpoint whose reply is a file (`produces`). */
export async function callBlob<E extends Endpoint>(endpoint: E, ...[input]: Arguments<E>): Promise<Blob> {
  return (await request(endpoint, input ?? {}, '*/*')).blob();
}

/**
 * Calls an endpoint that `streams` and hands over each event as it comes; resolves when the stream ends.
 * Annotate the event for its type: `stream(testSmtpSettings, input, (event: LadderEvent) => …)`.
 * A server that answers with plain JSON instead yields one `result`.
 */
export async function stream<E extends Endpoint, Event extends { event: string; data: unknown }>(
  endpoint: E,
  input: CallInput<E>,
  onEvent: (event: Event) => void,
): Promise<void> {
  const response = await request(endpoint, input, 'text/event-stream');
  if (!response.headers.get('content-type')?.startsWith('text/event-stream') || response.body === null) {
    onEvent({ event: 'result', data: await response.json() } as Event);
    return;
  }
  const feed = parseEventStream(({ event, data }) => onEvent({ event, data: JSON.parse(data) as unknown } as Event));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) feed(piece.value);
}

async function request(endpoint: Endpoint, input: LooseInput, accept: string): Promise<Response> {
  const headers: Record<string, string> = { accept, 'x-postern': '1', ...input.headers };
  const init: RequestInit = { method: endpoint.method, headers, credentials: 'same-origin' };
  if (input.signal !== undefined) init.signal = input.signal;
  if (input.body !== undefined) {
    headers['content-type'] = 'application/json';
    init.body = JSON.stringify(input.body);
  }
  const response = await fetch(urlOf(endpoint, input), init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new UnreachableError();
  });
  if (response.ok) return response;
  const problem = await problemFrom(response);
  // The gate of the pages asks who is signed in and sends to sign-in by itself; a refused password is no sign-out.
  const isGate = endpoint.access === 'public' || endpoint.path === '/api/v1/me';
  if (response.status === 401 && !isGate) signedOut();
  if (problem.problem.name === 'second_factor_required') secondFactorRequired();
  throw problem;
}
