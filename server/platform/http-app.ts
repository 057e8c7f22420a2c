/**
 * The HTTP server around the routes: headers, limits, which Host names are ours, the shape of every refusal, the log line
 * of a request. What is logged is an allow-list: method, route, status, time; never a body, a query or a header.
 */
import { isUtf8 } from 'node:buffer';
import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import { type BodyRoom, openBodyRoom, quickBytes, workBytes } from './body-room.ts';
import { answerClientError } from './client-error.ts';
import { newId } from './id.ts';
import { formatMisdirectedPage, wantsPage } from './misdirected-page.ts';
import { Refusal, refuseOtherEncoding } from './refusal.ts';

export interface HttpAppOptions {
  logger: Logger;
  publicUrl: string;
  /** Where the server listens; loopback means that only loopback names can be meant. */
  listenHost: string;
  /** Whether an error says that the database is away or full for the moment. */
  isUnavailable?: (error: unknown) => boolean;
}

/** The default, 11, is for files that are compressed once. */
const brotli = { brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } } };

/** JSON bodies; mail with attachments will say its own limit. */
const bodyLimitBytes = 1024 * 1024;
/** A request whose head or body drips in slower than this is dropped (slowloris). */
const requestTimeoutMs = 30_000;
/** A large body waits no longer than this for those before it. */
const turnMs = 5000;

export const openHttpApp = (options: HttpAppOptions): FastifyInstance => {
  const isHttps = options.publicUrl.startsWith('https:');
  const app: FastifyInstance = Fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // A reverse proxy on this machine says who the client is; nobody else is believed.
    trustProxy: 'loopback',
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    clientErrorHandler: answerClientError,
    genReqId: () => newId('rq'),
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    // A path that cannot be decoded or is too long never reaches a route; it is answered in the same shape.
    frameworkErrors: (error, request, reply) => {
      const refusal = new Refusal('not_found', 'This address cannot be read. The API is described at /docs.', {
        statusCode: error.statusCode ?? 400,
      });
      (reply as FastifyReply)
        .headers({ ...safeHeaders(isHttps), 'x-request-id': request.id })
        .code(refusal.problem.statusCode)
        .send(refusal.problem);
    },
    // Open event streams end with the server; whoever waits on one reconnects.
    forceCloseConnections: true,
  });
  const isOurs = hostCheck(options);
  const safe = safeHeaders(isHttps);

  // No body is no fault by itself, whatever its type is said to be: what is missing is then named field by field.
  const parseJson = app.getDefaultJsonParser('error', 'error');
  const work = openBodyRoom(workBytes, quickBytes);
  const replies = new WeakMap<FastifyRequest, FastifyReply>();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = body as Buffer;
    const parse = () => {
      if (bytes.length === 0) done(null, undefined);
      else if (isUtf8(bytes)) parseJson(request, bytes.toString(), done);
      else done(refuseOtherEncoding('body'));
    };
    if (bytes.length <= quickBytes) parse();
    else void waitForTurn(work, bytes.length, replies.get(request)!).then(parse, done);
  });

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(safe);
    reply.header('x-request-id', request.id);
    if (request.headers['content-type']) replies.set(request, reply);
    const { host = '' } = request.headers;
    if (!isProbe(request) && !isOurs(host)) {
      if (wantsPage(request.method, request.url, request.headers)) {
        return reply.code(421).type('text/html; charset=utf-8').send(formatMisdirectedPage(host));
      }
      throw new Refusal(
        'misdirected_request',
        'This host name is not ours. Set POSTERN_PUBLIC_URL to the address under which Postern is reached.',
      );
    }
  });

  app.addHook('onResponse', async (request, reply) => {
    const line = {
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    };
    if (reply.statusCode >= 500) request.log.error(line, 'request failed');
    else request.log.debug(line, 'request');
  });

  app.setErrorHandler((error: FastifyError | Refusal, request, reply) => {
    const refusal = error instanceof Refusal ? error : toRefusal(error, request, options);
    reply.headers(refusal.headers).code(refusal.problem.statusCode).send(refusal.problem);
  });

  return app;
};

/**
 * JSON of some length; pages come compressed from the build, event streams and raw mail are left as they are.
 * To be awaited before routes are added: it hears of them as they come.
 */
export const addCompression = async (app: FastifyInstance): Promise<void> => {
  await app.register(compress, {
    threshold: 2048,
    encodings: ['br', 'gzip'],
    customTypes: /^application\/json/,
    ...brotli,
  });
};

/** Until it is answered, or its caller has gone. @throws when the caller has gone before, or it would wait too long */
async function waitForTurn(work: BodyRoom, bytes: number, reply: FastifyReply): Promise<void> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  if (reply.raw.destroyed) gone.abort();
  const leave = await work.enter(bytes, AbortSignal.any([gone.signal, AbortSignal.timeout(turnMs)]));
  if (!leave) {
    throw new Refusal('unavailable', 'More is coming in than can be taken at the moment. Send it again.', {
      headers: { 'retry-after': '5' },
    });
  }
  if (gone.signal.aborted) leave();
  else gone.signal.addEventListener('abort', leave);
}

/** Probes of supervisors and scrapers come by address, whatever the public name is. */
const isProbe = (request: FastifyRequest) => /^\/(healthz|readyz|metrics)$/.test(request.url);

function toRefusal(
  error: FastifyError,
  request: FastifyRequest,
  { isUnavailable = () => false }: HttpAppOptions,
): Refusal {
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new Refusal('unsupported_media_type', 'Send JSON, with the header Content-Type: application/json.');
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new Refusal(
      'payload_too_large',
      `Send at most ${(request.routeOptions.bodyLimit ?? bodyLimitBytes) / 1024} KB.`,
    );
  }
  if (error.code === 'FST_ERR_CTP_INVALID_JSON_BODY' || error instanceof SyntaxError) {
    return new Refusal('validation_error', 'The body is not JSON. Look for a missing quote or comma.', {
      statusCode: 400,
    });
  }
  if (error.statusCode && error.statusCode >= 400 && error.statusCode < 500) {
    return new Refusal('validation_error', 'The request cannot be read.', { statusCode: error.statusCode });
  }
  if (isUnavailable(error)) {
    request.log.error({ err: error, route: request.routeOptions.url }, 'the database is unavailable');
    return new Refusal(
      'unavailable',
      'The database does not answer at the moment. Nothing was changed; try again soon.',
      {
        headers: { 'retry-after': '5' },
      },
    );
  }
  // The stack goes to the log and nowhere else.
  request.log.error({ err: error, route: request.routeOptions.url }, 'bug');
  return new Refusal(
    'internal_server_error',
    `Something in Postern went wrong. The log has the details under ${request.id}.`,
  );
}

function safeHeaders(isHttps: boolean): Record<string, string> {
  return {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'cache-control': 'no-store',
    ...(isHttps && { 'strict-transport-security': 'max-age=31536000' }),
  };
}

/**
 * Another site can point its own name at us (DNS rebinding) and have a browser talk to us under that name; so only names
 * that can be meant are answered: the public one, this machine's loopback names, and addresses where we listen on more.
 */
function hostCheck({ publicUrl, listenHost }: HttpAppOptions): (host: string) => boolean {
  const ours = new Set(['localhost', '127.0.0.1', '[::1]', new URL(publicUrl).hostname, listenHost]);
  const isLoopback = /^(127\.|localhost$|::1$)/.test(listenHost);
  const isAddress = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/i;
  return (host) => {
    const name = host.replace(/:\d+$/, '').toLowerCase();
    return ours.has(name) || (!isLoopback && isAddress.test(name));
  };
}
