import { describe, expect, it } from 'vitest';
import { readCapabilities } from './capabilities.ts';

describe('readCapabilities', () => {
  it('reads CHUNKING, DSN and the limits of a session', () => {
    expect(readCapabilities(['CHUNKING', 'dsn', 'LIMITS MAILMAX=20 RCPTMAX=100'])).toMatchObject({
      hasChunking: true,
      hasDsn: true,
      maxMessages: 20,
      maxRecipients: 100,
    });
    expect(readCapabilities(['LIMITS RCPTMAX=0 MAILMAX=x XRCPTMAX=5'])).toMatchObject({
      maxMessages: null,
      maxRecipients: null,
    });
  });

  it('reads keywords whatever their case, and both spellings of AUTH', () => {
    const found = readCapabilities([
      'size 35882577',
      'Starttls',
      'AUTH=LOGIN',
      'auth plain LOGIN',
      '8bitmime',
      'SMTPUTF8',
      'PIPELINING',
    ]);
    expect(found).toMatchObject({
      hasStarttls: true,
      authMechanisms: ['LOGIN', 'PLAIN'],
      sizeLimitBytes: 35882577,
      hasSize: true,
      has8BitMime: true,
      hasSmtpUtf8: true,
      hasPipelining: true,
    });
  });

  it.each([
    ['SIZE', null],
    ['SIZE 0', null],
    ['SIZE -1', null],
    ['SIZE 99999999999999999999', null],
    ['SIZE 10', 10],
  ])('takes the limit of %s', (line, limit) => {
    expect(readCapabilities([line])).toMatchObject({ hasSize: true, sizeLimitBytes: limit });
  });

  it('finds nothing in nothing, and nothing in look-alikes', () => {
    expect(readCapabilities(['', 'XSTARTTLS', 'STARTTLSX', 'HELP STARTTLS'])).toMatchObject({
      hasStarttls: false,
      authMechanisms: [],
    });
  });
});
