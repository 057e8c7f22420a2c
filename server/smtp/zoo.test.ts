/** Each animal of the zoo: the outcome of a session with it, how long that takes, and what the test ladder says. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { climb, closeServers, password, plainSmarthost, settings, timeouts } from '../../test/climb-settings.ts';
import { type Animal, pipelining, writeZoo, zoo } from '../../test/zoo.ts';
import { toSmtpTarget } from '../diagnosis/smtp-target.ts';
import { isWorthRetrying, type SmtpFailure } from './outcome.ts';
import { openSession } from './session.client.ts';

afterAll(closeServers);

/** Any phase may take its time, and the deadline stands above all of them. */
const quick = { connect: 400, tls: 400, greeting: 400, reply: 400, dot: 400, body: 400, deadline: 1500 };
const limitMilliseconds = quick.deadline + 1000;
const machine = { hostname: 'postern.example.com', addresses: ['192.0.2.7'] };

const open = async ({ script, start }: Animal): Promise<number> =>
  start === undefined
    ? (await plainSmarthost({ capabilities: pipelining, ...script, login: { username: '', password: '' } })).port
    : start();

async function meet(animal: Animal, port: number): Promise<{ failure: SmtpFailure | null; milliseconds: number }> {
  const fields = { ...settingsOf(animal), port };
  const target = toSmtpTarget(fields, password, {
    machine,
    timeouts: quick,
    isAddressAllowed: () => true,
  });
  const startedAt = performance.now();
  const opened = await openSession(target);
  let failure = opened.ok ? null : opened.failure;
  if (opened.ok) {
    const recipients = [animal.to ?? 'anna@example.net'];
    const data = Buffer.from('Subject: zoo\r\n\r\nhello\r\n');
    const outcome = await opened.session.send({ mailFrom: 'billing@example.com', recipients, data });
    failure = outcome.sent ? null : outcome.failure;
  }
  const milliseconds = performance.now() - startedAt;
  if (opened.ok) await opened.session.quit();
  return { failure, milliseconds };
}

const settingsOf = ({ settings: own = {} }: Animal) => ({
  ...settings,
  starttlsOnly: false,
  security: 'none' as const,
  username: '',
  ...own,
});

describe.concurrent('the zoo', () => {
  it.each(zoo.map((animal) => [`${animal.fault}: a server that ${animal.what}`, animal] as const))(
    '%s',
    async (_, animal) => {
      const { failure, milliseconds } = await meet(animal, await open(animal));
      const told =
        failure === null
          ? 'sent'
          : {
              phase: failure.phase,
              kind: failure.kind,
              scope: failure.scope,
              ...(failure.reply ? { code: failure.reply.code } : {}),
            };

      const port = await open(animal);
      const { result } = await climb(
        { ...settingsOf(animal), port },
        { ...(animal.to === undefined ? {} : { to: animal.to }) },
      );
      const sentence = (result.failure?.title ?? '')
        .replaceAll('127.0.0.1', '{host}')
        .replaceAll(/localhost \(.*?\)|localhost/g, '{host}')
        .replaceAll(String(port), '{port}')
        .replaceAll(/\d+ \w+ 20\d\d/g, '{date}');
      expect(told).toEqual(animal.outcome);
      expect(failure === null ? false : isWorthRetrying(failure)).toBe(animal.isRetried);
      expect(milliseconds).toBeLessThan(limitMilliseconds);
      expect({ step: result.failure?.step ?? null, sentence }).toEqual({ step: animal.step, sentence: animal.says });
      expect(result.ok).toBe(animal.outcome === 'sent');
      expect(result.ms).toBeLessThan(timeouts.deadline + 1000);
    },
  );
});

it('has at least forty animals, and its page is up to date', () => {
  expect(zoo.length).toBeGreaterThanOrEqual(40);
  const page = existsSync('docs/zoo.md') ? readFileSync('docs/zoo.md', 'utf8') : '';
  expect(page, 'run `npm run generate`').toBe(writeZoo());
});
