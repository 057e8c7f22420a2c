import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Line, splitLines } from './split-lines.ts';

const read = async (chunks: Iterable<Uint8Array>, maxBytes = 1000) => {
  const lines: Line[] = [];
  const source = (async function* () {
    yield* chunks;
  })();
  for await (const line of splitLines(source, maxBytes)) lines.push(line);
  return lines.map((line) => line.fault ?? line.text);
};

describe('a body of lines', () => {
  it('is the same however it is cut, also in the middle of a character', async () => {
    const text = '{"a":"ä€😀"}\r\n\n  \n[2]\n\nlast without an end';
    const bytes = Buffer.from(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: bytes.length })), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((to, n) => bytes.subarray(places[n], to));
        expect(await read(chunks)).toEqual(['{"a":"ä€😀"}', '[2]', 'last without an end']);
      }),
    );
  });

  it('tells of a line that is too long, and reads the next', async () => {
    const chunks = ['12345', '6789', '0\nok\n', `${'x'.repeat(11)}`, '\n1234567890\n', 'y'.repeat(11)];
    expect(
      await read(
        chunks.map((text) => Buffer.from(text)),
        10,
      ),
    ).toEqual(['1234567890', 'ok', 'too-long', '1234567890', 'too-long']);
  });

  it('tells of a line that is not UTF-8, and reads the next', async () => {
    const latin1 = Buffer.from('caf\u00e9\n', 'latin1');
    expect(await read([latin1, Buffer.from('café\n')])).toEqual(['not-utf8', 'café']);
  });

  it('holds no more than a line and a piece', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    const endless = function* () {
      for (let n = 0; n < 200; n += 1) yield piece.subarray();
    };
    expect(await read(endless(), 1000)).toEqual(['too-long']);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 * 1024);
  });
});
