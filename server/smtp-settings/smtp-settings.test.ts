import { describe, expect, it } from 'vitest';
import { EmailAddress, Host, SmtpSettingsInput } from '../../contracts/smtp-settings.ts';
import { checkTogether, type SmtpSettingsFields, whyPasswordIsNeededAgain } from './smtp-settings.ts';

const least = { name: 'Office', host: 'smtp.example.com', port: 587, fromEmail: 'a@example.com' };
const before: SmtpSettingsFields = SmtpSettingsInput.parse({ ...least, username: 'a', starttlsOnly: true });

describe('the saved password', () => {
  const cases: [string, Partial<SmtpSettingsFields>, boolean][] = [
    ['a changed port', { port: 465 }, false],
    ['a changed user name', { username: 'b' }, false],
    ['the same host in another case', { host: 'SMTP.EXAMPLE.COM.' }, false],
    ['TLS from the start instead of STARTTLS', { starttlsOnly: false, security: 'tls' }, false],
    ['another host', { host: 'smtp.example.net' }, true],
    ['no encryption', { starttlsOnly: false, security: 'none' }, true],
    ['another host without authentication', { host: 'smtp.example.net', username: '' }, false],
    ['Security None while STARTTLS Only stays on', { security: 'none' }, false],
  ];
  it.each(cases)('after %s', (_, changes, isAskedAgain) => {
    const problem = whyPasswordIsNeededAgain(before, { ...before, ...changes });
    expect(problem?.code ?? null).toBe(isAskedAgain ? 'password_required' : null);
  });
  it('is not asked again where the connection was unencrypted before', () => {
    const plain: SmtpSettingsFields = { ...before, starttlsOnly: false, security: 'none' };
    expect(whyPasswordIsNeededAgain(plain, { ...plain, port: 26 })).toBeNull();
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
