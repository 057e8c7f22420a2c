/** HTTP in: one email, a JSON batch (all or none), a stream of lines. The rules are in submit-message.ts. */
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type BatchLine,
  bodyLimitBytes,
  EmailInput,
  repeatedHeader,
  sendEmail,
  sendEmailBatch,
} from '../../contracts/submission.ts';
import { type Caller, callerName, parseOrRefuse, type Router } from '../platform/http.ts';
import { Refusal, refuseField, refuseOtherEncoding } from '../platform/refusal.ts';
import { openCrowdLimit } from './crowd-limit.ts';
import { type Line, splitLines } from './split-lines.ts';
import { isSubmissionKey, maxKeyLength } from './submission-key.ts';
import { submitLines } from './submit-lines.ts';
import { type SubmitOutcome, type SubmitParts, submitMessage } from './submit-message.ts';

export type SubmissionRouteParts = Omit<SubmitParts, 'breathe'>;

/** The disk or the database may be back at any moment; nothing is gained by asking more often. */
const retryAfterSeconds = 5;

export const addSubmissionRoutes = ({ route }: Router, given: SubmissionRouteParts): void => {
  const parts: SubmitParts = { ...given, breathe: () => setImmediate() };
  const limit = openCrowdLimit();
  const submitAny = (emails: EmailInput[], caller: Caller, key: string | null) =>
    submitMessage(parts, { emails, key, callerId: `${caller.kind} ${caller.id}`, submittedBy: callerName(caller) });
  const submit: typeof submitAny = (emails, ...from) => limit(emails.length, () => submitAny(emails, ...from));

  route(sendEmail, async ({ body, caller, request, reply }) => {
    const ids = unwrap(await submit([body], caller, readKey(request)), reply, false);
    return { id: ids[0]! };
  });

  route(sendEmailBatch, async ({ body, stream, caller, request, reply }) => {
    const key = readKey(request);
    if (body) {
      const ids = unwrap(await submit(body, caller, key), reply, true);
      return { data: ids.map((id) => ({ id })) };
    }
    const submitLine = async (line: Line, index: number): Promise<BatchLine> => {
      try {
        const email = readLine(line);
        const lineKey = key === null ? null : `${key}\nline ${index}`;
        // A stream bounds itself.
        const [id] = unwrap(await submitAny([email], caller, lineKey), null, false);
        return { index, id: id! };
      } catch (error) {
        const { problem } = error instanceof Refusal ? error : logBug(request, error);
        return { index, name: problem.name, message: problem.message, fields: problem.fields };
      }
    };
    const results = submitLines(splitLines(stream!, bodyLimitBytes), submitLine);
    reply.type('application/x-ndjson').send(Readable.from(toText(results), { objectMode: false, highWaterMark }));
    return undefined;
  });
};

/** A caller that sends everything before it reads anything is waited for up to this many bytes of results. */
const highWaterMark = 8 * 1024 * 1024;

async function* toText(results: AsyncIterable<BatchLine>): AsyncGenerator<string> {
  for await (const result of results) yield `${JSON.stringify(result)}\n`;
}

function readLine(line: Line): EmailInput {
  if (line.fault === 'not-utf8') throw refuseOtherEncoding('line');
  if (line.fault !== null) {
    throw new Refusal('payload_too_large', `A line has at most ${bodyLimitBytes / 1024 / 1024} MB.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch {
    throw new Refusal(
      'validation_error',
      'The line is not JSON. Send one object on each line, without commas between.',
    );
  }
  return parseOrRefuse(EmailInput, value);
}

function readKey(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key === 'string' && isSubmissionKey(key)) return key;
  const message = `Idempotency-Key: give 1 to ${maxKeyLength} printable ASCII characters, another for each message.`;
  throw refuseField('Idempotency-Key', 'invalid', message);
}

/** @param reply told when the answer was given before; null where a line is one of many. */
function unwrap(outcome: SubmitOutcome, reply: FastifyReply | null, isBatch: boolean): string[] {
  switch (outcome.outcome) {
    case 'accepted':
      return outcome.ids;
    case 'repeated':
      reply?.header(repeatedHeader, 'true');
      return outcome.ids;
    case 'conflict':
      throw new Refusal(
        'conflict',
        'This Idempotency-Key was used for another body within the last 24 hours. Give each message a key of its own.',
      );
    case 'unavailable':
      throw new Refusal('unavailable', `Nothing was accepted, and nothing is lost: ${outcome.problem} Send it again.`, {
        headers: { 'retry-after': String(retryAfterSeconds) },
      });
    case 'refused': {
      const fields = outcome.refusals.flatMap(({ place, problems }) =>
        problems.map((problem) => (isBatch ? { ...problem, path: `${place}.${problem.path}` } : problem)),
      );
      const [first] = fields;
      const name = first?.code === 'too_large' ? 'payload_too_large' : 'validation_error';
      throw new Refusal(name, first?.message ?? '', { fields });
    }
  }
}

/** The line fails alone; the details go to the log and nowhere else. */
function logBug(request: FastifyRequest, error: unknown): Refusal {
  request.log.error({ reqId: request.id, err: error, route: request.routeOptions.url }, 'bug');
  return new Refusal(
    'internal_server_error',
    `Something in Postern went wrong. The log has the details under ${request.id}.`,
  );
}
