/** HTTP for the test ladder: of saved settings, and of a draft that is never saved; as JSON or live as server-sent events. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type LadderResult, testSmtpSettings, testSmtpSettingsDraft } from '../../contracts/diagnosis.ts';
import { changeSmtpSettings, type SmtpSettings, SmtpSettingsInput } from '../../contracts/smtp-settings.ts';
import { isAllowed } from '../access/is-allowed.ts';
import type { Clock } from '../platform/clock.ts';
import { openEventStream, wantsEventStream } from '../platform/event-stream.ts';
import { type Caller, callerName, parseOrRefuse, type Router } from '../platform/http.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';
import type { ServerMemory } from '../smtp/target.ts';
import { checkCa } from '../smtp-settings/ca-certificate.ts';
import { isSameServer } from '../smtp-settings/server-memory.ts';
import type { ShownCertificates } from '../smtp-settings/shown-certificates.ts';
import type { SmtpSettingsStore } from '../smtp-settings/smtp-settings.store.ts';
import {
  checkTogether,
  type Lending,
  mergeFields,
  type SmtpSettingsFields,
  whyPasswordIsNeededAgain,
} from '../smtp-settings/smtp-settings.ts';
import type { SmtpSettingsTest } from './smtp-settings-test.client.ts';
import { openTestLimit } from './test-limit.ts';

export interface DiagnosisRouteParts {
  test: SmtpSettingsTest;
  store: Pick<SmtpSettingsStore, 'read' | 'readPassword' | 'recordTest'>;
  shown: ShownCertificates;
  remember: (settings: SmtpSettings) => ServerMemory;
  clock: Clock;
  /** Null while mail may be sent. */
  closedBecause: () => Promise<string | null>;
}

export const addDiagnosisRoutes = (
  { route }: Router,
  { test, store, shown, remember, clock, closedBecause }: DiagnosisRouteParts,
): void => {
  const limit = openTestLimit(clock);

  const admit = async (caller: Caller, given: string | undefined): Promise<string> => {
    const closed = await closedBecause();
    if (closed) throw new Refusal('sending_closed', closed);
    const to = given ?? (caller.kind === 'person' ? caller.email : undefined);
    if (!to)
      throw refuseField(
        'to',
        'required',
        'Say where the test goes: {"to": "you@example.com"}. An API key has no address of its own.',
      );
    const waitSeconds = limit.take(caller.id);
    if (waitSeconds > 0) {
      throw new Refusal('rate_limit_exceeded', `Too many tests in a minute. Wait ${waitSeconds} s.`, {
        headers: { 'retry-after': String(waitSeconds) },
      });
    }
    return to;
  };

  /** An API key that may test may also change: both need the scope smtp-settings. */
  const lendingTo = (caller: Caller, id: string): Lending => ({
    mayChange: isAllowed(caller, changeSmtpSettings.access),
    wasShown: (pin) => shown.wasShown(id, pin),
  });

  const noteCertificate = (id: string, result: LadderResult) => {
    const [leaf] = result.connection.certificates;
    if (leaf) shown.note(id, leaf.fingerprint);
  };

  const readPassword = async (id: string): Promise<string | null> => {
    const stored = await store.readPassword(id);
    if (stored === 'locked') {
      throw new Refusal(
        'sending_closed',
        'The saved password cannot be opened with the key that Postern has. Put back the right key.',
      );
    }
    return stored.password;
  };

  route(testSmtpSettings, async ({ params, body, caller, request, reply }) => {
    const settings = await store.read(params.id);
    if (!settings)
      throw new Refusal('not_found', 'There are no SMTP settings with this id; they may have been deleted.');
    const to = await admit(caller, body.to);
    const password = settings.username ? await readPassword(settings.id) : null;
    return answer(request, reply, async (onRung, signal) => {
      const result = await test.run({
        fields: settings,
        settingsId: settings.id,
        password,
        memory: remember(settings),
        to,
        requestedBy: callerName(caller),
        onRung,
        signal,
      });
      noteCertificate(settings.id, result);
      // A test that was called off says nothing about the server.
      if (result.failure?.code !== 'cancelled') {
        await store.recordTest(settings.id, { isOk: result.ok, problem: result.failure?.title ?? '' });
      }
      return result;
    });
  });

  route(testSmtpSettingsDraft, async ({ body, caller, request, reply }) => {
    const { id, to: givenTo, password: typed, ...draft } = body;
    const saved = id ? await store.read(id) : null;
    if (id && !saved) throw refuseField('id', 'not_found', 'There are no SMTP settings with this id; leave it out.');
    const fields: SmtpSettingsFields = saved
      ? mergeFields(saved, draft)
      : parseOrRefuse(SmtpSettingsInput, { ...draft, name: draft.name ?? 'Draft' });
    const isLent = Boolean(saved?.hasPassword) && typed === undefined && fields.username !== '';
    const problems = [...checkTogether(fields, Boolean(typed)), ...checkCa(fields)];
    const again = saved && isLent ? whyPasswordIsNeededAgain(saved, fields, lendingTo(caller, saved.id)) : null;
    if (again) problems.push(again);
    if (problems.length > 0) throw new Refusal('validation_error', problems[0]!.message, { fields: problems });
    const to = await admit(caller, givenTo);
    const password = isLent && saved ? await readPassword(saved.id) : typed || null;
    return answer(request, reply, async (onRung, signal) => {
      const requestedBy = callerName(caller);
      const memory = saved && isSameServer(saved, fields) ? { memory: remember(saved) } : {};
      const draft = { fields, settingsId: null, password, ...memory };
      const result = await test.run({ ...draft, to, requestedBy, onRung, signal });
      if (saved) noteCertificate(saved.id, result);
      return result;
    });
  });
};

type Run = (onRung: Parameters<SmtpSettingsTest['run']>[0]['onRung'], signal: AbortSignal) => Promise<LadderResult>;

/** Live where the caller asks for it; either way the test ends when the caller goes away. */
async function answer(request: FastifyRequest, reply: FastifyReply, run: Run): Promise<LadderResult | undefined> {
  if (wantsEventStream(request)) {
    const stream = openEventStream(reply);
    try {
      stream.send('result', await run((rung) => stream.send('step', rung), stream.signal));
    } catch (error) {
      stream.send('problem', (error instanceof Refusal ? error : logBug(request, error)).problem);
    }
    stream.close();
    return undefined;
  }
  const gone = new AbortController();
  reply.raw.on('close', () => gone.abort());
  return run(() => {}, gone.signal);
}

function logBug(request: FastifyRequest, error: unknown): Refusal {
  request.log.error({ reqId: request.id, err: error }, 'bug');
  return new Refusal(
    'internal_server_error',
    `Something in Postern went wrong. The log has the details under ${request.id}.`,
  );
}
