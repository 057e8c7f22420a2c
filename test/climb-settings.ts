/**
 * Climbs the ladder of a test of SMTP settings against servers of the test's own on loopback, with small limits, and says
 * what must hold for each climb: contract-shaped, no password in anything that is shown.
 *
 *   const server = await smarthost({ replies: { RCPT: '550 5.1.1 nobody' } });
 *   const { result } = await climb({ port: server.port });
 *   expectStop(result, 'rcpt', 'recipient-unknown', 'knows no mailbox');
 *   afterEach(closeServers);
 */
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { expect } from 'vitest';
import { type FailureCode, LadderResult, type LadderRung, type LadderStep } from '../contracts/diagnosis.ts';
import { climbLadder } from '../server/diagnosis/climb-ladder.ts';
import { type ProbeLimits, probePortsWithin } from '../server/diagnosis/probe-ports.client.ts';
import { toSmtpTarget } from '../server/diagnosis/smtp-target.ts';
import { systemClock } from '../server/platform/clock.ts';
import { openSession } from '../server/smtp/session.client.ts';
import type { SmtpSettingsFields } from '../server/smtp-settings/smtp-settings.ts';
import { type FakeSmarthost, type Reaction, type SmarthostScript, startFakeSmarthost } from './fake-smarthost.ts';
import { tlsLab } from './tls-lab.ts';

export const lab = tlsLab();
export const password = 'Canary-4711-pass';
export const login = { username: 'billing@example.com', password };
const machine = { hostname: 'postern.example.com', addresses: ['192.0.2.7'] };
export const quickProbe: ProbeLimits = { connect: 600, greeting: 250, answer: 250, tlsAfter: 20 };
/** Small, so that tests are quick; large enough for a busy machine. */
export const timeouts = { connect: 500, tls: 1500, greeting: 1200, reply: 1200, dot: 1200, body: 1200, deadline: 4000 };
/** Everything a test may take: the longest limit above, the probe behind it, and room for a busy machine. */
const quicklyMilliseconds = 4000;

export const settings: SmtpSettingsFields = {
  name: 'Test',
  starttlsOnly: true,
  security: 'automatic',
  host: '127.0.0.1',
  port: 0,
  fromName: 'Example',
  fromEmail: 'billing@example.com',
  replyTo: '',
  username: 'billing@example.com',
  certificateCheck: 'ca',
  certificateFingerprint: '',
  caCertificate: lab.ca,
  tlsMinimum: '1.2',
  authMethod: 'automatic',
  ehloName: '',
  connectTimeoutSeconds: 10,
  replyTimeoutSeconds: 60,
};

interface Climb {
  otherPorts?: number[];
  password?: string | null;
  signal?: AbortSignal;
  isPasswordLocked?: boolean;
  to?: string;
}

export const climb = async (changes: Partial<SmtpSettingsFields>, options: Climb = {}) => {
  const fields = { ...settings, ...changes };
  const rungs: LadderRung[] = [];
  const secret = options.password === undefined ? password : options.password;
  const result = await climbLadder(
    {
      target: toSmtpTarget(fields, secret, { machine, timeouts, isAddressAllowed: () => true }),
      settings: fields,
      isPasswordLocked: options.isPasswordLocked ?? false,
      mailFrom: fields.fromEmail,
      to: options.to ?? 'anna@example.net',
      messageId: '<test@example.com>',
      data: Buffer.from('Subject: test\r\n\r\nhello\r\n'),
      otherEhloNames: ['postern.example.com'],
      signal: options.signal,
    },
    {
      openSession,
      probePorts: (request) =>
        probePortsWithin(
          {
            ...request,
            ports: [fields.port, ...(options.otherPorts ?? [])],
            afterMilliseconds: Math.min(request.afterMilliseconds, 100),
          },
          quickProbe,
        ),
      clock: systemClock,
    },
    (rung) => rungs.push(rung),
  );
  LadderResult.parse(result);
  expect(JSON.stringify([result, rungs])).not.toContain(password);
  return { result, rungs, fields };
};

const open: AsyncDisposable[] = [];
/** For `afterEach`. */
export const closeServers = async (): Promise<void> => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
};
export const keep = <T extends AsyncDisposable>(one: T): T => {
  open.push(one);
  return one;
};
export const smarthost = async (script: SmarthostScript = {}): Promise<FakeSmarthost> =>
  keep(await startFakeSmarthost({ tls: { mode: 'starttls', ...lab.leaf('valid') }, login, ...script }));
export const plainSmarthost = async (script: SmarthostScript = {}) =>
  keep(await startFakeSmarthost({ login, ...script }));
export const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  keep({ [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) });
  return (server.address() as AddressInfo).port;
};
export const closedPort = async () => {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** A reaction of the script, by verb; as a value, because a capital key with a function looks like a component to the linter. */
export const on = (verb: string, reaction: Reaction): Record<string, Reaction> => ({ [verb]: reaction });

const order: LadderStep[] = ['dns', 'tcp', 'tls', 'ehlo', 'auth', 'mail', 'rcpt', 'data'];

/** Stopped at this rung for this reason, soon; what lies below passed or was not needed, what lies above was not reached. */
export const expectStop = (result: LadderResult, step: LadderStep, code: FailureCode, title: string | RegExp) => {
  expect({ ok: result.ok, step: result.failure?.step, code: result.failure?.code }).toEqual({ ok: false, step, code });
  expect(result.failure?.title).toMatch(title);
  expect(result.steps.map((rung) => rung.step)).toEqual(order);
  const at = order.indexOf(step);
  expect(result.steps[at]?.status).toBe('failed');
  for (const rung of result.steps.slice(0, at)) expect(['ok', 'skipped'], rung.step).toContain(rung.status);
  for (const rung of result.steps.slice(at + 1)) expect(rung).toMatchObject({ status: 'skipped', ms: null });
  expect(result.ms).toBeLessThan(quicklyMilliseconds);
};

/** Applies one repair and climbs again: green. */
export const expectRepair = async (
  { result, fields }: { result: LadderResult; fields: SmtpSettingsFields },
  label: string | RegExp,
  options: Climb = {},
) => {
  const repair = result.failure?.repairs.find((one) =>
    typeof label === 'string' ? one.label.includes(label) : label.test(one.label),
  );
  expect(repair, `no repair ${label} in ${JSON.stringify(result.failure?.repairs)}`).toBeDefined();
  const again = await climb({ ...fields, ...(repair?.changes as Partial<SmtpSettingsFields>) }, options);
  expect(again.result.failure).toBeNull();
  expect(again.result.ok).toBe(true);
};

export const statuses = (result: LadderResult) => result.steps.map((rung) => rung.status).join(' ');
