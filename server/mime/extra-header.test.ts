import { describe, expect, it } from 'vitest';
import { composeMessage, type OutgoingMail } from './compose.ts';
import { MailValueError } from './mail-value.ts';

const write = (mail: Partial<OutgoingMail>) =>
  Buffer.from(
    composeMessage({
      from: { address: 'hub@example.com' },
      to: [{ address: 'ann@example.com' }],
      subject: 'News',
      date: new Date(0),
      messageId: '<1@example.com>',
      ...mail,
    }),
  ).toString();
const refusedFieldOf = (mail: Partial<OutgoingMail>): string => {
  try {
    write(mail);
  } catch (error) {
    if (error instanceof MailValueError) return error.field;
  }
  throw new Error('was not refused');
};
describe('header fields of the caller', () => {
  it.each(['X-Anything', 'x-ses-configuration-set', 'In-Reply-To', 'Feedback-ID', 'TLS-Required', 'Comments'])(
    'may be %s',
    (name) => {
      expect(write({ headers: [{ name, value: 'x' }] })).toContain(`\r\n${name}: x\r\n`);
    },
  );

  it.each([
    'From',
    'SENDER',
    'Return-Path',
    'Received',
    'Resent-Bcc',
    'DKIM-Signature',
    'Content-Disposition',
    'MIME-Version',
    'Apparently-To',
    'Errors-To',
    'Something-New',
    'X',
  ])('may not be %s', (name) => expect(refusedFieldOf({ headers: [{ name, value: 'x' }] })).toBe('headers.0.name'));

  it('may stand more than once only where programs do not read them', () => {
    const twice = (name: string) => [
      { name, value: 'a' },
      { name: name.toUpperCase(), value: 'b' },
    ];
    expect(write({ headers: twice('X-Tag') })).toContain('X-Tag: a\r\nX-TAG: b\r\n');
    expect(refusedFieldOf({ headers: twice('References') })).toBe('headers.1.name');
  });

  it.each([
    ['X-SMTPAPI', '{"category":"invoices","sub":{"%to%":["x"]}}'],
    ['X-MSYS-API', '{"options":{"open_tracking":false},"metadata":{"to":"x"}}'],
  ])('may tell a provider what to do by %s', (name, value) => {
    expect(write({ headers: [{ name, value }] }).replace(/\r\n /g, ' ')).toContain(`${name}: ${value}`);
  });

  it.each([
    ['X-SMTPAPI', '{"to":["eve@evil.example"]}'],
    ['x-smtpapi', '{"\\u0074o":["eve@evil.example"]}'],
    ['X-SMTPAPI', '{"filters":{"bcc":{"settings":{"enable":1,"email":"eve@evil.example"}}}}'],
    ['X-SMTPAPI', '{"to":'],
    ['X-MSYS-API', '{"archive":[{"email":"eve@evil.example"}]}'],
    ['X-MSYS-API', '{"bcc":[{"email":"eve@evil.example"}]}'],
  ])('may not add recipients by %s: %s', (name, value) => {
    expect(refusedFieldOf({ headers: [{ name, value }] })).toBe('headers.0.value');
  });

  it('may not ask a provider for a copy', () => {
    expect(refusedFieldOf({ headers: [{ name: 'X-MC-BccAddress', value: 'eve@evil.example' }] })).toBe(
      'headers.0.name',
    );
  });
});
