import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyEncoder, encodeBody, findEnd, inspectBody, normaliseLines } from './body-encoder.ts';

function encode(...blocks: string[]): string {
  const encoder = new BodyEncoder();
  const parts = blocks.map((block) => encoder.encode(Buffer.from(block, 'latin1')));
  return Buffer.concat(parts).toString('latin1') + encoder.end();
}

/** What a receiver that follows RFC 5321 §4.5.2 takes out of the bytes: the message, and what it would read as commands. */
function receive(wire: string): { body: string; rest: string } {
  const end = `\r\n${wire}`.indexOf('\r\n.\r\n');
  const body = wire.slice(0, end);
  return { body: body.replace(/(^|\r\n)\./g, '$1'), rest: wire.slice(end + 3) };
}

describe('BodyEncoder', () => {
  it.each([
    ['nothing', '', '.\r\n'],
    ['a line', 'a\r\n', 'a\r\n.\r\n'],
    ['a last line without end', 'a', 'a\r\n.\r\n'],
    ['LF', 'a\nb\n', 'a\r\nb\r\n.\r\n'],
    ['CR', 'a\rb\r', 'a\r\nb\r\n.\r\n'],
    ['LF CR, two line ends', 'a\n\rb', 'a\r\n\r\nb\r\n.\r\n'],
    ['CR CR LF, two line ends', 'a\r\r\nb', 'a\r\n\r\nb\r\n.\r\n'],
    ['a dot line', 'a\r\n.\r\nb', 'a\r\n..\r\nb\r\n.\r\n'],
    ['a dot at the very beginning', '.a', '..a\r\n.\r\n'],
    ['LF . LF, the smuggler’s end of data', 'a\n.\nMAIL FROM:<x@y>\n', 'a\r\n..\r\nMAIL FROM:<x@y>\r\n.\r\n'],
    ['CR . CR', 'a\r.\rb', 'a\r\n..\r\nb\r\n.\r\n'],
    ['a dot inside a line', 'a.b', 'a.b\r\n.\r\n'],
  ])('encodes %s', (_, body, wire) => {
    expect(encode(body)).toBe(wire);
  });

  it('gives the same bytes wherever the body is cut, one end of data, and the same message back', () => {
    const body = fc.string({ unit: fc.constantFrom('\r', '\n', '.', 'a', '\r\n', '\r\n.', '\xff') });
    fc.assert(
      fc.property(body, fc.nat(), (text, cut) => {
        const at = text.length === 0 ? 0 : cut % text.length;
        const wire = encode(text);
        expect(encode(text.slice(0, at), text.slice(at))).toBe(wire);
        expect(encode(...text)).toBe(wire);
        expect(wire.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
        const lines = text.replace(/\r\n|\r|\n/g, '\r\n');
        const whole = lines === '' || lines.endsWith('\r\n') ? lines : `${lines}\r\n`;
        expect(receive(wire)).toEqual({ body: whole, rest: '' });
      }),
      { numRuns: 500 },
    );
  });
});

describe('inspectBody', () => {
  it('counts octets as they will be sent, before dots are doubled', () => {
    expect(inspectBody(Buffer.from('a\nb\r\nc\r.'))).toMatchObject({
      sizeBytes: 10,
      has8Bit: false,
      hasCleanLines: false,
    });
    expect(inspectBody(Buffer.from('ä'))).toMatchObject({
      sizeBytes: 2,
      has8Bit: true,
      hasCleanLines: true,
      hasNoDots: true,
    });
  });
});

describe('what one look at a message tells', () => {
  it('is true wherever the bytes lie in memory', () => {
    const body = fc.string({
      unit: fc.constantFrom('\r', '\n', '.', 'a', 'bcde', '\r\n', '\r\n.', '\xff', '\t'),
      maxLength: 40,
    });
    fc.assert(
      fc.property(body, fc.nat(7), (text, offset) => {
        const data = Buffer.concat([Buffer.alloc(offset, 0x0a), Buffer.from(text, 'latin1')]).subarray(offset);
        const lines = text.replace(/\r\n|\r|\n/g, '\r\n');
        const facts = inspectBody(data);
        expect(facts).toEqual({
          sizeBytes: lines.length,
          has8Bit: text.includes('\xff'),
          hasCleanLines: lines === text,
          hasNoDots: !/(^|\r|\n)\./.test(text),
        });
        const encoder = new BodyEncoder();
        const wire = Buffer.from(encoder.encode(data)).toString('latin1') + encoder.end();
        const encoded = encodeBody(data, facts);
        expect(Buffer.from(encoded).toString('latin1') + findEnd(encoded)).toBe(wire);
        const chunk = Buffer.from(normaliseLines(data, facts)).toString('latin1');
        expect(chunk).toBe(lines === '' || lines.endsWith('\r\n') ? lines : `${lines}\r\n`);
      }),
      { numRuns: 2000 },
    );
  });
});
