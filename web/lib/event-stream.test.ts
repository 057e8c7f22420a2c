import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEventStream, type ServerSentEvent } from './event-stream.ts';

function read(...pieces: string[]): ServerSentEvent[] {
  const seen: ServerSentEvent[] = [];
  const feed = parseEventStream((event) => seen.push(event));
  for (const piece of pieces) feed(piece);
  return seen;
}

describe('the event stream', () => {
  it('reads name and data of each event', () => {
    expect(read('event: step\ndata: {"a":1}\n\nevent: result\ndata: {}\n\n')).toEqual([
      { event: 'step', data: '{"a":1}' },
      { event: 'result', data: '{}' },
    ]);
  });

  it('joins several data lines and calls an event without a name "message"', () => {
    expect(read('data: a\ndata:b\ndata\n\n')).toEqual([{ event: 'message', data: 'a\nb\n' }]);
  });

  it('skips comments, unknown fields and events without data', () => {
    expect(read(': keep-alive\n\nid: 7\nevent: nothing\n\nretry: 10\ndata: x\n\n')).toEqual([
      { event: 'message', data: 'x' },
    ]);
  });

  it('drops an event that the stream did not finish', () => {
    expect(read('data: whole\n\ndata: half\n')).toEqual([{ event: 'message', data: 'whole' }]);
  });

  it('reads the same whatever the line ends and wherever the pieces are cut', () => {
    const stream = '\uFEFFevent: step\ndata: grün — 1\ndata: 2\n\n: c\ndata: last\n\n';
    const expected = read(stream);
    expect(expected).toHaveLength(2);
    fc.assert(
      fc.property(
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.integer({ min: 0, max: 70 }), { maxLength: 8 }),
        (end, cuts) => {
          // A final LF makes sure that a lone CR at the end is known to be one.
          const whole = stream.replaceAll('\n', end) + (end === '\r' ? ':' : '');
          const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
          const pieces = at.slice(1).map((to, index) => whole.slice(at[index], to));
          expect(read(...pieces)).toEqual(expected);
        },
      ),
    );
  });
});
