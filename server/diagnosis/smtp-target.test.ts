import { describe, expect, it } from 'vitest';
import type { SmtpSettingsFields } from '../smtp-settings/smtp-settings.ts';
import { deliveryTimeouts, listEhloNames, listOtherEhloNames, testTimeouts, toSmtpTarget } from './smtp-target.ts';

const settings: SmtpSettingsFields = {
  name: 'Billing',
  starttlsOnly: false,
  security: 'automatic',
  host: 'mail.example.com',
  port: 587,
  fromName: '',
  fromEmail: 'billing@example.com',
  replyTo: '',
  username: 'billing',
  certificateCheck: 'verify',
  certificateFingerprint: '',
  caCertificate: '',
  tlsMinimum: '1.2',
  authMethod: 'automatic',
  ehloName: '',
  connectTimeoutSeconds: 10,
  replyTimeoutSeconds: 60,
};
const machine = { hostname: 'postern.example.com', addresses: ['192.0.2.7'] };
const aim = (changes: Partial<SmtpSettingsFields>, password: string | null = 'secret') =>
  toSmtpTarget({ ...settings, ...changes }, password, {
    machine,
    timeouts: testTimeouts(settings),
    isAddressAllowed: () => true,
  });

describe('settings become a target', () => {
  it('with STARTTLS Only standing above Security', () => {
    expect(aim({ starttlsOnly: true, security: 'none' }).encryption).toBe('starttls');
    for (const security of ['automatic', 'tls', 'none'] as const) expect(aim({ security }).encryption).toBe(security);
  });

  it('without credentials where there is no user name or no password', () => {
    expect(aim({}).credentials).toEqual({ username: 'billing', password: 'secret' });
    expect(aim({ username: '' }).credentials).toBeNull();
    expect(aim({}, null).credentials).toBeNull();
    expect(aim({}, '').credentials).toBeNull();
  });

  it('with the chosen certificate check', () => {
    expect(aim({}).certificate).toEqual({ check: 'verify' });
    expect(aim({ certificateCheck: 'fingerprint', certificateFingerprint: 'ab' }).certificate).toEqual({
      check: 'fingerprint',
      sha256: 'ab',
    });
    expect(aim({ certificateCheck: 'ca', caCertificate: 'PEM' }).certificate).toEqual({ check: 'ca', pem: 'PEM' });
  });

  it('with the EHLO name of the settings, else a good one of this machine', () => {
    expect(aim({ ehloName: 'mail.example.org' }).ehloName).toBe('mail.example.org');
    expect(aim({}).ehloName).toBe('postern.example.com');
  });
});

describe('the name to say hello with', () => {
  it('is the full host name, else an address in brackets, never localhost', () => {
    expect(listEhloNames(machine)).toEqual(['postern.example.com', '[192.0.2.7]']);
    expect(listEhloNames({ hostname: 'laptop', addresses: ['2001:db8::7', '192.0.2.7'] })).toEqual(['[192.0.2.7]']);
    expect(listEhloNames({ hostname: 'laptop', addresses: ['2001:db8::7'] })).toEqual(['[IPv6:2001:db8::7]']);
    for (const hostname of ['localhost', 'localhost.localdomain', 'a.localhost', '192.0.2.1', 'bad_name.x']) {
      expect(listEhloNames({ hostname, addresses: [] }), hostname).toEqual(['[127.0.0.1]']);
    }
  });

  it('may at last be the domain of the sender, unless that is a mailbox provider’s', () => {
    expect(listOtherEhloNames({ hostname: 'laptop', addresses: [] }, 'a@mail.example.com')).toEqual([
      'mail.example.com',
    ]);
    expect(listOtherEhloNames({ hostname: 'laptop', addresses: ['192.0.2.7'] }, 'a@gmail.com')).toEqual([
      '[192.0.2.7]',
    ]);
    expect(listOtherEhloNames(machine, 'a@yahoo.co.uk')).toEqual(['postern.example.com', '[192.0.2.7]']);
  });
});

describe('time-outs', () => {
  it('of a test are short whatever the settings say, but never longer than they say', () => {
    const patient = testTimeouts({ connectTimeoutSeconds: 120, replyTimeoutSeconds: 600 });
    expect(patient).toMatchObject({ connect: 10_000, greeting: 12_000, reply: 15_000, dot: 60_000, deadline: 90_000 });
    expect(testTimeouts({ connectTimeoutSeconds: 2, replyTimeoutSeconds: 3 })).toMatchObject({
      connect: 2000,
      reply: 3000,
    });
  });

  it('of a delivery wait ten minutes for the answer to the final dot (RFC 5321 §4.5.3.2.6)', () => {
    expect(deliveryTimeouts(settings)).toMatchObject({
      connect: 10_000,
      reply: 60_000,
      dot: 600_000,
      deadline: 1_200_000,
    });
  });
});
