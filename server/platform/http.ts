/**
 * Binds endpoints of the contracts to handlers. What a contract says is enforced here and nowhere else: who may call,
 * what comes in, what goes out. An endpoint without a handler does not exist; a handler cannot be bound without one.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { BodyOf, Endpoint, ParamsOf, QueryOf, ReplyOf, Role, Scope } from '../../contracts/endpoint.ts';
import type { FieldProblem } from '../../contracts/problem.ts';
import { type BodyRoom, openBodyRoom, smallBytes } from './body-room.ts';
import { letTakeLong } from './client-error.ts';
import { describeIssue } from './field-words.ts';
import { Refusal } from './refusal.ts';

/** Who calls: a person who is signed in, or a program with an API key. */
export type Caller =
  | {
      kind: 'person';
      id: string;
      name: string;
      email: string;
      role: Role;
      sessionId: string;
      language?: string | null;
      /** The policy asks for a second factor and there is none: only what every signed-in person may do is open. */
      mustSetUpSecondFactor?: boolean;
      /** When they last proved who they are in this session, milliseconds. */
      confirmedAt?: number;
    }
  | { kind: 'key'; id: string; name: string; scopes: Scope[] };

/** How a caller is named in `updatedBy` and in logs. */
export const callerName = (caller: Caller): string =>
  caller.kind === 'person' ? caller.email : `api key ${caller.name}`;

export interface Gate {
  /** Null: nobody. Throws a Refusal for a key that is wrong. */
  authenticate: (request: FastifyRequest) => Promise<Caller | null>;
  /** Throws a Refusal where the contract does not allow this caller; `request` for the cross-site rules. */
  authorise: (endpoint: Endpoint, caller: Caller | null, request: FastifyRequest) => void;
}

export interface Call<E extends Endpoint> {
  params: ParamsOf<E>;
  query: QueryOf<E>;
  body: BodyOf<E>;
  /** The body as it comes in, where the contract takes one so and it was sent so. */
  stream: Readable | null;
  /** Null only for public endpoints. */
  caller: E['access'] extends 'public' ? Caller | null : Caller;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** Undefined means that the handler has answered through `reply` itself (streams, raw bodies). */
export type Handler<E extends Endpoint> = (call: Call<E>) => Promise<ReplyOf<E> | undefined>;

export interface Router {
  route: <const E extends Endpoint>(endpoint: E, handler: Handler<E>) => void;
}

export const openRouter = (app: FastifyInstance, gate: Gate): Router => {
  const callers = new WeakMap<FastifyRequest, Caller | null>();
  const room = openBodyRoom();
  return {
    route: (endpoint, handler) => {
      const { streamedBody, bodyLimitBytes } = endpoint;
      if (streamedBody && !app.hasContentTypeParser(streamedBody)) {
        app.addContentTypeParser(streamedBody, (_, payload, done) => done(null, payload));
      }
      app.route({
        method: endpoint.method,
        url: endpoint.path,
        // Before the body: nobody who may not call makes us read one.
        onRequest: async (request) => {
          const caller = await gate.authenticate(request);
          gate.authorise(endpoint, caller, request);
          callers.set(request, caller);
        },
        ...(bodyLimitBytes && {
          bodyLimit: bodyLimitBytes,
          preParsing: (request, reply) => waitForRoom(room, endpoint, request, reply),
        }),
        handler: async (request, reply) => {
          const caller = callers.get(request);
          const problems: FieldProblem[] = [];
          const params = parse(endpoint.params, request.params, problems);
          const query = parse(endpoint.query, request.query, problems);
          const stream = request.body instanceof Readable ? request.body : null;
          if (stream && !streamedBody) throw new Refusal('unsupported_media_type', 'Send JSON.');
          if (stream) letTakeLong(request.raw);
          const body = stream
            ? undefined
            : parse(endpoint.body, request.body ?? (endpoint.body ? {} : undefined), problems);
          // What was read from it is enough; it lives as long as the request, which may wait for a disk.
          if (!stream) request.body = undefined;
          // An id that cannot exist names nothing: the answer is 404, as for one that does not exist any more.
          if (endpoint.params && params === undefined) throw new Refusal('not_found', 'There is nothing with this id.');
          if (problems.length > 0) throw new Refusal('validation_error', problems[0]!.message, { fields: problems });
          const result = await handler({ params, query, body, stream, caller, request, reply } as never);
          // What the handler answers itself may only be about to begin: a stream, or what is compressed on its way out.
          const answersItself = stream || endpoint.produces !== undefined;
          if (reply.sent || reply.raw.headersSent || (answersItself && result === undefined)) return reply;
          reply.code(endpoint.status);
          if (endpoint.status === 204) return reply.send();
          // The schema is what leaves: a key that the contract does not name never crosses HTTP.
          return reply.send(endpoint.reply ? endpoint.reply.parse(result) : result);
        },
      });
    },
  };
};

/** Less than a request may take as a whole. */
const mostWaitMs = 20_000;

/** A large body waits until there is memory for it, and has it until it is answered. One that is streamed bounds itself. */
async function waitForRoom(
  room: BodyRoom,
  { streamedBody, bodyLimitBytes = 0 }: Endpoint,
  { headers }: FastifyRequest,
  reply: FastifyReply,
): Promise<undefined> {
  if (streamedBody && headers['content-type']?.startsWith(streamedBody)) return;
  const bytes = headers['transfer-encoding'] ? bodyLimitBytes : Number(headers['content-length'] ?? 0);
  if (bytes <= smallBytes) return;
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const leave = await room.enter(bytes, AbortSignal.any([gone.signal, AbortSignal.timeout(mostWaitMs)]));
  if (!leave) {
    throw new Refusal('unavailable', 'Too many large requests came at once. Nothing was done; send it again.', {
      headers: { 'retry-after': '5' },
    });
  }
  if (gone.signal.aborted) leave();
  else gone.signal.addEventListener('abort', leave);
}

/** Checks what a handler has put together itself. @throws Refusal 422 with every field's fault. */
export const parseOrRefuse = <S extends z.ZodType>(schema: S, value: unknown): z.output<S> => {
  const problems: FieldProblem[] = [];
  const result = parse(schema, value, problems);
  if (problems.length > 0) throw new Refusal('validation_error', problems[0]!.message, { fields: problems });
  return result as z.output<S>;
};

function parse(schema: z.ZodType | undefined, value: unknown, problems: FieldProblem[]): unknown {
  if (!schema) return undefined;
  const nul = findNul(value, 0);
  if (nul === 'too-deep') {
    problems.push({ path: '', code: 'too_deep', message: `Nest at most ${mostDeep} lists and objects in each other.` });
    return undefined;
  }
  if (nul) {
    problems.push({ path: nul.join('.'), code: 'invalid', message: 'Remove the NUL character.' });
    return undefined;
  }
  const result = schema.safeParse(value, { reportInput: true, error: describeIssue });
  if (result.success) return result.data;
  for (const issue of result.error.issues) problems.push(...toFieldProblems(issue));
  return undefined;
}

function toFieldProblems(issue: z.core.$ZodIssue): FieldProblem[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...issue.path, key].join('.'),
      code: 'unknown_field',
      message: `There is no field "${key}". Take it out, or look at /docs for its right name.`,
    }));
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return [{ path, code: 'required', message: path ? `Give ${path}.` : 'Send a JSON object.' }];
  }
  if (issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1) {
    return [{ path, code: 'required', message: issue.message }];
  }
  return [{ path, code: issue.code === 'custom' ? 'invalid' : issue.code, message: issue.message }];
}

/** No contract nests a tenth as deep; nobody is to fill our stack. */
const mostDeep = 100;

/** No text of ours may hold a NUL, and PostgreSQL takes none. @returns the path to the first one */
function findNul(value: unknown, depth: number): string[] | 'too-deep' | null {
  if (typeof value === 'string') return value.includes('\0') ? [] : null;
  if (typeof value !== 'object' || value === null) return null;
  if (depth >= mostDeep) return 'too-deep';
  // Without entries made of it: this sees every value of every request.
  if (Array.isArray(value)) {
    for (let place = 0; place < value.length; place += 1) {
      const found = findNul(value[place], depth + 1);
      if (found) return found === 'too-deep' ? found : [String(place), ...found];
    }
    return null;
  }
  for (const key of Object.keys(value)) {
    const found = findNul((value as Record<string, unknown>)[key], depth + 1);
    if (found) return found === 'too-deep' ? found : [key, ...found];
  }
  return null;
}
