import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roomFor, sourceMargin, writePlain, writeQuotedPrintable } from './quoted-printable.ts';
import { countRuns } from './test-data.ts';

type Write = (source: Buffer, length: number, out: Buffer) => number;
const encode = (text: string, write: Write): string | null => {
  const length = Buffer.byteLength(text);
  const source = Buffer.alloc(length + sourceMargin);
  source.write(text);
  const out = Buffer.alloc(roomFor(length));
  const end = write(source, length, out);
  return end < 0 ? null : out.toString('latin1', 0, end);
};
const quote = (text: string, maxEscapes = Number.MAX_SAFE_INTEGER) =>
  encode(text, (source, length, out) => writeQuotedPrintable(source, length, out, 0, maxEscapes));
const copy = (text: string) => encode(text, (source, length, out) => writePlain(source, length, out, 0));
const asLines = (text: string) => text.replace(/\r\n|\r|\n/g, '\r\n');
/** RFC 2045 §6.7, read to the letter. */
const decode = (quoted: string): string =>
  Buffer.from(
    quoted
      .replace(/=\r\n/g, '')
      .replace(/=([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16))),
    'latin1',
  ).toString();
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc
    .array(
      fc.constantFrom(
        'word',
        ' ',
        '\t',
        '.',
        'From ',
        '--=_',
        '=',
        'ä',
        '日',
        '👩',
        '\r',
        '\n',
        '\r\n',
        'x'.repeat(70),
        '\0',
      ),
      {
        maxLength: 60,
      },
    )
    .map((parts) => parts.join('')),
);

describe('quoted-printable', () => {
  it('is read back as the text with CRLF line ends, in lines of at most 76 that end in nothing invisible', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const quoted = quote(text) ?? '';
        expect(decode(quoted)).toBe(asLines(text));
        for (const line of quoted.split('\r\n')) {
          expect(line.length).toBeLessThanOrEqual(76);
          expect(line).toMatch(/^[\t\x20-\x7e]*$/);
          expect(line).not.toMatch(/[ \t]$|^\.|^From |[\r\n]/);
        }
      }),
      { numRuns: countRuns(1000, 200_000) },
    );
  });

  it('escapes a blank at the end of a full line without making it longer', () => {
    for (let length = 70; length <= 80; length += 1) {
      for (const line of (quote(`${'x'.repeat(length)} \r\ny`) ?? '').split('\r\n'))
        expect(line.length).toBeLessThanOrEqual(76);
    }
    expect(quote(`${'x'.repeat(74)} `)).toBe(`${'x'.repeat(74)}=\r\n=20`);
  });

  it('keeps all octets of a character on one line', () => {
    for (let length = 60; length <= 76; length += 1) {
      for (const character of ['é', '日', '👩']) {
        const whole = Buffer.from(character).toString('hex').toUpperCase().replace(/../g, '=$&');
        expect(quote('x'.repeat(length) + character)).toContain(whole);
      }
    }
  });

  it('gives up where it would escape more than it was told', () => {
    expect(quote('äääx', 6)).not.toBeNull();
    expect(quote('äääx', 5)).toBeNull();
  });
});

describe('text as it stands', () => {
  it('is the text with CRLF line ends, or refused', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const copied = copy(text);
        const lines = asLines(text).split('\r\n');
        const isPlain =
          /^[\t\r\n\x20-\x7e]*$/.test(text) && lines.every((line) => line.length <= 998 && !/^(From |--=_)/.test(line));
        expect(copied).toBe(isPlain ? asLines(text) : null);
      }),
      { numRuns: countRuns(1000, 200_000) },
    );
  });

  it.each([
    'From x',
    'a\nFrom x',
    '--=_x',
    'a\r\n--=_x',
    'x'.repeat(999),
    `a\n${'x'.repeat(999)}\n`,
    'ä',
    '\x7f',
    '\0',
  ])('cannot be %j', (text) => expect(copy(text)).toBeNull());
});
