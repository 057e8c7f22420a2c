import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMail, formatRcpt, toAsciiHost, toEhloName, toWireAddress } from './command.ts';

describe('toWireAddress', () => {
  it.each([
    ['user@example.com', 'user@example.com'],
    ["o'neil+tag=1/x@sub.example.com", "o'neil+tag=1/x@sub.example.com"],
    ['user@bücher.example', 'user@xn--bcher-kva.example'],
    ['user@EXAMPLE.com', 'user@EXAMPLE.com'],
    ['user@[192.0.2.1]', 'user@[192.0.2.1]'],
    ['user@[IPv6:2001:db8::1]', 'user@[IPv6:2001:db8::1]'],
    ['"john doe"@example.com', '"john doe"@example.com'],
    ['"a\\"b@c"@example.com', '"a\\"b@c"@example.com'],
    ['user@localhost', 'user@localhost'],
  ])('takes %s', (address, wire) => {
    expect(toWireAddress(address)).toEqual({ text: wire, needsSmtpUtf8: false });
  });

  it('says when the server must know SMTPUTF8', () => {
    expect(toWireAddress('jörg@bücher.example')).toEqual({ text: 'jörg@xn--bcher-kva.example', needsSmtpUtf8: true });
  });

  it.each([
    '',
    '@',
    'user',
    'user@',
    '@example.com',
    'a b@example.com',
    'a@b@example.com',
    'a@example.com\r\nRCPT TO:<x@y>',
    'a\0@example.com',
    'a\n@example.com',
    'a@exa\rmple.com',
    '<a@example.com>',
    'a>@example.com',
    '"a>b"@example.com',
    'a@example.com SIZE=1',
    'a@example.com>',
    'a(comment)@example.com',
    'a@example.com(comment)',
    'group:a@example.com;',
    '@relay.example:a@example.com',
    '.a@example.com',
    'a.@example.com',
    'a..b@example.com',
    '"a"b"@example.com',
    '"a\\"@example.com',
    'a@-example.com',
    'a@example-.com',
    'a@ex..ample.com',
    'a@%65xample.com',
    'a@exam ple.com',
    'a@[999.1.1.1]',
    'a@[IPv6:fe80::1%eth0]',
    'a\u0085@example.com',
    'a\u2028b@example.com',
    'a@ex\u2028ample.com',
    'a\u200b@example.com',
    '\ud800@example.com',
    'a@℀.example',
    'a@１２７。１/x',
  ])('refuses %j', (address) => {
    expect(toWireAddress(address)).toBeNull();
  });

  it('lets no character through that ends a command, a path or a parameter', () => {
    const nasty = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\r', '\n', '\0', '<', '>', ' ', '"', '\\', '@', ',', '\u0085', '\u2028'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
    });
    fc.assert(
      fc.property(nasty, nasty, (local, domain) => {
        const wire = toWireAddress(`${local}@${domain}`);
        if (wire === null) return;
        expect(formatRcpt(wire.text)).toMatch(/^RCPT TO:<[^<>\p{Cc}\u2028\u2029]+>$/u);
        expect(wire.text.slice(0, wire.text.lastIndexOf('@'))).toBe(
          `${local}@${domain}`.slice(0, `${local}@${domain}`.lastIndexOf('@')),
        );
      }),
      { numRuns: 1000 },
    );
  });
});

describe('toEhloName', () => {
  it.each([
    ['mail.example.com', 'mail.example.com'],
    ['[192.0.2.1]', '[192.0.2.1]'],
    ['[2001:db8::1]', '[IPv6:2001:db8::1]'],
    ['[IPv6:2001:db8::1]', '[IPv6:2001:db8::1]'],
  ])('says %s as %s', (name, said) => {
    expect(toEhloName(name)).toBe(said);
  });

  it.each(['', 'a b', 'a\r\nMAIL FROM:<x@y>', 'exämple.com', '[1.2.3]', 'a..b', '-a.com', '[::1%lo]', 'a'.repeat(254)])(
    'refuses %j',
    (name) => {
      expect(toEhloName(name)).toBeNull();
    },
  );
});

describe('toAsciiHost', () => {
  it('gives the name that DNS, TLS and the certificate know', () => {
    expect(toAsciiHost('smtp.bücher.example.')).toBe('smtp.xn--bcher-kva.example');
    expect(toAsciiHost('Mail.Example.com')).toBe('Mail.Example.com');
  });

  it.each(['', '.', 'https://mail.example.com', 'mail.example.com:587', 'a b', 'a/b', 'a%2eb', 'a\0b'])(
    'refuses %j',
    (name) => {
      expect(toAsciiHost(name)).toBeNull();
    },
  );
});

describe('formatMail', () => {
  it('adds the parameters that were agreed on', () => {
    expect(formatMail('', {})).toBe('MAIL FROM:<>');
    expect(formatMail('a@b.example', { sizeBytes: 10, is8Bit: true, isSmtpUtf8: true })).toBe(
      'MAIL FROM:<a@b.example> SIZE=10 BODY=8BITMIME SMTPUTF8',
    );
  });
});
