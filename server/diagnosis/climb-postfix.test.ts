/** The ladder against Debian's Postfix: its own words, its own TLS, its own sign-in. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LadderResult } from '../../contracts/diagnosis.ts';
import { databases } from '../../test/support/databases.ts';
import { hasPostfix, type Postfix, startPostfix } from '../../test/support/postfix.ts';
import type { Database } from '../database/open.ts';
import { openDeliveryStore } from '../delivery/delivery.store.ts';
import { systemClock } from '../platform/clock.ts';
import { openSession } from '../smtp/session.client.ts';
import type { SmtpSettingsFields } from '../smtp-settings/smtp-settings.ts';
import { openSmtpSettingsTest, type SmtpSettingsTest } from './smtp-settings-test.client.ts';
import { openTestLog } from './test-log.store.ts';

describe.runIf(hasPostfix)('a test of settings that lead to Postfix', () => {
  let postfix: Postfix;
  let database: Database;
  let test: SmtpSettingsTest;
  beforeAll(async () => {
    postfix = await startPostfix();
    database = await databases[0]!.open();
    test = openSmtpSettingsTest({
      openSession,
      denyPrivate: false,
      isOwnServer: () => false,
      log: openTestLog(database, openDeliveryStore(database), systemClock),
      clock: systemClock,
    });
  });
  afterAll(async () => {
    await postfix?.stop();
    await database?.close();
  });

  const run = (changes: Partial<SmtpSettingsFields>, password: string | null = postfix.password) =>
    test.run({
      fields: { ...fieldsFor(postfix), ...changes },
      settingsId: null,
      password,
      to: 'anna@postern.test',
      requestedBy: 'admin@example.com',
      onRung: () => {},
      signal: new AbortController().signal,
    });
  const statuses = (result: LadderResult) => result.steps.map((rung) => rung.status).join(' ');

  it('is green with STARTTLS and with TLS from the start', async () => {
    for (const changes of [{}, { starttlsOnly: false, security: 'tls', port: postfix.smtpsPort } as const]) {
      const result = await run(changes);
      expect(result.failure).toBeNull();
      expect(statuses(result)).toBe('ok ok ok ok ok ok ok ok');
    }
  });

  it('stops at AUTH with a wrong password, in the server’s own words', async () => {
    const result = await run({}, 'wrong');
    expect(result.failure).toMatchObject({ step: 'auth', code: 'auth-failed' });
    expect(result.steps[4]?.reply).toMatch(/^535 5\.7\.8 /);
  });

  it('stops where sign-in is missing, and says that it is', async () => {
    expect((await run({ username: '' }, null)).failure).toMatchObject({ step: 'rcpt', code: 'auth-required' });
  });

  for (const [what, changes, code, label] of [
    ['TLS on the STARTTLS port', () => ({ starttlsOnly: false, security: 'tls' }), 'tls-not-spoken', /^Use STARTTLS/],
    ['STARTTLS on the TLS port', () => ({ port: postfix.smtpsPort }), 'tls-expected', /^Use TLS from the start/],
    [
      'no encryption with sign-in',
      () => ({ starttlsOnly: false, security: 'none' }),
      'auth-needs-tls',
      /^Use STARTTLS/,
    ],
    [
      'a certificate nobody vouches for',
      () => ({ certificateCheck: 'verify' }),
      'certificate-self-signed',
      /^Trust exactly/,
    ],
  ] as [string, () => Partial<SmtpSettingsFields>, string, RegExp][]) {
    it(`stops at ${what}, and the repair makes the next test green`, async () => {
      const result = await run(changes());
      expect(result.failure?.code).toBe(code);
      const repair = result.failure?.repairs.find((one) => label.test(one.label));
      const again = await run({ ...changes(), ...(repair?.changes as Partial<SmtpSettingsFields>) });
      expect(again.failure).toBeNull();
    });
  }
});

function fieldsFor(postfix: Postfix): SmtpSettingsFields {
  return {
    name: 'Postfix',
    starttlsOnly: true,
    security: 'automatic',
    host: postfix.host,
    port: postfix.submissionPort,
    fromName: '',
    fromEmail: 'billing@example.com',
    replyTo: '',
    username: postfix.username,
    certificateCheck: 'ca',
    certificateFingerprint: '',
    caCertificate: postfix.certificatePem,
    tlsMinimum: '1.2',
    authMethod: 'automatic',
    ehloName: '',
    connectTimeoutSeconds: 10,
    replyTimeoutSeconds: 60,
  };
}
