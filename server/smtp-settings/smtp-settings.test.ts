import { describe, expect, it } from 'vitest';
import { EmailAddress, Host, SmtpSettingsInput } from '../../contracts/smtp-settings.ts';
import { openShownCertificates } from './shown-certificates.ts';
import { checkTogether, type SmtpSettingsFields, whyPasswordIsNeededAgain } from './smtp-settings.ts';

const least = { name: 'Office', host: 'smtp.example.com', port: 587, fromEmail: 'a@example.com' };
const before: SmtpSettingsFields = SmtpSettingsInput.parse({ ...least, username: 'a', starttlsOnly: true });

const pin = 'ab'.repeat(32);
const cases: [string, Partial<SmtpSettingsFields>, 'lent' | 'lent to administrators' | 'asked again'][] = [
  ['nothing changed', {}, 'lent'],
  ['another From', { fromEmail: 'b@example.com', name: 'x' }, 'lent'],
  ['the same host in another case', { host: 'SMTP.EXAMPLE.COM.' }, 'lent'],
  ['Security None while STARTTLS Only stays on', { security: 'none' }, 'lent'],
  ['another host without authentication', { host: 'smtp.example.net', username: '' }, 'lent'],
  ['a changed port', { port: 465 }, 'lent to administrators'],
  ['a changed user name', { username: 'b' }, 'lent to administrators'],
  ['TLS from the start instead of STARTTLS', { starttlsOnly: false, security: 'tls' }, 'lent to administrators'],
  ['another authentication method', { authMethod: 'login' }, 'lent to administrators'],
  [
    'a certificate that a test has shown',
    { certificateCheck: 'fingerprint', certificateFingerprint: pin },
    'lent to administrators',
  ],
  [
    'a certificate that nobody was shown',
    { certificateCheck: 'fingerprint', certificateFingerprint: 'cd'.repeat(32) },
    'asked again',
  ],
  ['an own CA', { certificateCheck: 'ca', caCertificate: 'x' }, 'asked again'],
  ['another host', { host: 'smtp.example.net' }, 'asked again'],
  ['no encryption', { starttlsOnly: false, security: 'none' }, 'asked again'],
];

describe('the saved password', () => {
  const wasShown = (fingerprint: string) => fingerprint === pin;
  it.each(cases)('after %s', (_, changes, expected) => {
    const ask = (mayChange: boolean) =>
      whyPasswordIsNeededAgain(before, { ...before, ...changes }, { mayChange, wasShown });
    expect(ask(true)?.code ?? 'lent').toBe(expected === 'asked again' ? 'password_required' : 'lent');
    expect(ask(false)?.code ?? 'lent').toBe(expected === 'lent' ? 'lent' : 'password_required');
  });

  it('is not asked again by administrators where the connection was unencrypted before', () => {
    const plain: SmtpSettingsFields = { ...before, starttlsOnly: false, security: 'none' };
    expect(whyPasswordIsNeededAgain(plain, { ...plain, port: 26 }, { mayChange: true, wasShown })).toBeNull();
    expect(whyPasswordIsNeededAgain(plain, { ...plain, port: 26 }, { mayChange: false, wasShown })).not.toBeNull();
  });
});

describe('certificates that a test has shown', () => {
  it('are remembered for their settings alone, and for half an hour', () => {
    let time = 0;
    const shown = openShownCertificates({ monotonic: () => time });
    shown.note('smtp_1', pin);
    expect([shown.wasShown('smtp_1', pin), shown.wasShown('smtp_2', pin), shown.wasShown('smtp_1', 'x')]).toEqual([
      true,
      false,
      false,
    ]);
    time += 31 * 60_000;
    expect(shown.wasShown('smtp_1', pin)).toBe(false);
  });
});

describe('fields that depend on each other', () => {
  it('names the field that is missing', () => {
    expect(checkTogether({ ...before, username: '' }, true).map((p) => p.path)).toEqual(['username']);
    expect(checkTogether({ ...before, certificateCheck: 'fingerprint' }, false).map((p) => p.path)).toEqual([
      'certificateFingerprint',
    ]);
    expect(checkTogether({ ...before, certificateCheck: 'ca' }, false).map((p) => p.path)).toEqual(['caCertificate']);
    expect(checkTogether(before, true)).toEqual([]);
  });
});

describe('a host name', () => {
  it.each([
    'smtp.example.com',
    'localhost',
    '192.0.2.1',
    '[2001:db8::1]',
    '2001:db8::1',
    'bücher.example',
    'mail_1.example.com',
    'xn--bcher-kva.example',
  ])('may be %s', (host) => expect(Host.parse(` ${host} `)).toBe(host));
  it.each([
    'https://smtp.example.com',
    'smtp.example.com:587',
    'smtp example',
    'a@b',
    '-a.example',
    'a..b',
    'smtp.example.com/x',
    'a\r\nb',
    'a\0b',
  ])('may not be %j', (host) => expect(Host.safeParse(host).success).toBe(false));
});

describe('an e-mail address', () => {
  it.each(['a@example.com', "o'neil+tag@example.co.uk", 'jörg@exämple.com'])('may be %s', (address) =>
    expect(EmailAddress.parse(address)).toBe(address),
  );
  it.each([
    'a',
    'a@',
    '@b',
    'a@b@c',
    'a b@c',
    'a@b\r\nRCPT TO:<x@y>',
    '<a@b>',
    'a@b, c@d',
    '.a@b',
    'a..b@c',
    'a.@b',
    '"a"@b',
    'a(x)@b',
    'a@b;c',
  ])('may not be %j', (address) => expect(EmailAddress.safeParse(address).success).toBe(false));
});

it('refuses a field that it does not know, so that a typing error is not silently ignored', () => {
  expect(SmtpSettingsInput.safeParse({ ...least, pasword: 'x' }).success).toBe(false);
});
