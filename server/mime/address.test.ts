import { describe, expect, it } from 'vitest';
import { needsSmtpUtf8, parseAddress, toAsciiDomain, toWireAddress } from './address.ts';
import { MailValueError } from './mail-value.ts';

const refusalOf = (text: string): MailValueError => {
  try {
    toWireAddress(text, 'to.0.address');
  } catch (error) {
    if (error instanceof MailValueError) return error;
  }
  throw new Error(`was not refused: ${text}`);
};

describe('an address', () => {
  it.each([
    ['ann@example.com', 'ann@example.com'],
    ["o'hara+tag@example.com", "o'hara+tag@example.com"],
    ['Ann.B@Example.COM', 'Ann.B@Example.COM'],
    ['a@münchen.example', 'a@xn--mnchen-3ya.example'],
    ['a@ＭÜNCHEN。example', 'a@xn--mnchen-3ya.example'],
    ['a@faß.example', 'a@xn--fa-hia.example'],
    ['jörg@example.com', 'jörg@example.com'],
    ['用户@例え.example', '用户@xn--r8jz45g.example'],
  ])('%s goes over the wire as %s', (text, wire) => {
    expect(toWireAddress(text, 'to')).toBe(wire);
  });

  it('needs SMTPUTF8 only for its local part', () => {
    expect(needsSmtpUtf8(toWireAddress('a@münchen.example', 'to'))).toBe(false);
    expect(needsSmtpUtf8(toWireAddress('jörg@example.com', 'to'))).toBe(true);
  });

  // Each is, or comes close to, a case in which a mail library was led to another recipient.
  it.each([
    ['a quoted local part with an address inside', '"xclow3n@gmail.com x"@internal.example'],
    ['a quoted local part', '"a b"@example.com'],
    ['a comment', 'ann(comment)@example.com'],
    ['a comment before the domain', 'ann@(x)example.com'],
    ['a comment after the domain', 'ann@example.com(@evil.example)'],
    ['nested comments', 'ann@example.com((a)b)'],
    ['an angle address with a comment', '<ann@example.com(c)>'],
    ['a group', 'friends:ann@example.com;'],
    ['an open group', 'friends:ann@example.com'],
    ['a route', '@relay.example:ann@example.com'],
    ['a display name', 'Ann <ann@example.com>'],
    ['angle brackets', '<ann@example.com>'],
    ['two addresses', 'ann@example.com,bob@example.com'],
    ['two addresses with a semicolon', 'ann@example.com;bob@example.com'],
    ['two at signs', 'ann@evil.example@example.com'],
    ['an address literal', 'ann@[192.0.2.1]'],
    ['an IPv4 address as a domain', 'ann@192.0.2.1'],
    ['a percent-coded domain', 'ann@ex%61mple.com'],
    ['a space before the dot', 'ann@example .com'],
    ['a space inside', 'ann b@example.com'],
    ['a space at the end', 'ann@example.com '],
    ['no domain', 'ann@'],
    ['no local part', '@example.com'],
    ['no at sign', 'ann'],
    ['nothing', ''],
    ['a dot at the start', '.ann@example.com'],
    ['two dots', 'ann..b@example.com'],
    ['a dot before the at sign', 'ann.@example.com'],
    ['a dot after the domain', 'ann@example.com.'],
    ['an empty label', 'ann@example..com'],
    ['a label that begins with a hyphen', 'ann@-example.com'],
    ['a full-width at sign, which later becomes one', 'ann＠evil.example@example.com'],
    ['a full-width bracket', 'ann＜b@example.com'],
    ['a circled letter in brackets', '⒜@example.com'],
    ['a backslash', 'ann\\@example.com'],
    ['a zero-width space', 'ann\u200b@example.com'],
    ['a mark that turns the text round', 'ann\u202e@example.com'],
  ])('is refused with %s', (_, text) => {
    expect(refusalOf(text)).toMatchObject({ field: 'to.0.address', fault: 'not-an-address' });
  });

  it.each(['\r\n', '\n', '\r', '\0', '\t', '\u0085', '\u009f', '\u2028', '\u2029', '\u007f'])(
    'is refused with the control character %j anywhere',
    (control) => {
      for (const text of [`${control}ann@example.com`, `a${control}b@example.com`, `ann@example.com${control}`]) {
        expect(refusalOf(text).fault).toBe('control-character');
      }
    },
  );

  it('is refused when longer than RFC 5321 allows', () => {
    expect(refusalOf(`${'a'.repeat(65)}@example.com`).fault).toBe('too-long');
    expect(refusalOf(`${'ä'.repeat(33)}@example.com`).fault).toBe('too-long');
    expect(refusalOf(`${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(62)}`).fault).toBe('too-long');
    expect(refusalOf(`a@${'b'.repeat(64)}.example`).fault).toBe('not-an-address');
  });

  it('never repeats the refused value, which may be somebody’s secret', () => {
    expect(refusalOf('hunter2 secret@example.com').message).not.toContain('hunter2');
  });

  it('is taken apart at its one at sign', () => {
    expect(parseAddress('a@münchen.example', 'to')).toEqual({ local: 'a', domain: 'xn--mnchen-3ya.example' });
    expect(toAsciiDomain('exa mple.com')).toBeNull();
  });
});
