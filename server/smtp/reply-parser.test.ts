import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxReplyBytes, ReplyParser } from './reply-parser.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

function parse(...chunks: string[]) {
  const parser = new ReplyParser();
  const replies = [];
  let fault: string | null = null;
  for (const chunk of chunks) {
    const result = parser.push(bytes(chunk));
    replies.push(...result.replies.map(({ reply }) => reply));
    fault = result.fault;
  }
  return { parser, replies, fault };
}

describe('ReplyParser', () => {
  it('reads a reply of several lines and takes the enhanced code out', () => {
    const { replies, fault } = parse('250-2.1.0 first\r\n250-2.1.0 second\r\n250 2.1.0\r\n');
    expect(fault).toBeNull();
    expect(replies).toEqual([{ code: 250, enhancedCode: '2.1.0', lines: ['first', 'second', ''] }]);
  });

  it('reads the same, wherever the bytes are cut', () => {
    const text = '250-mail.example\r\n250-SIZE 1000\r\n250 HELP\r\n550-5.1.1 no such\r\n550 5.1.1 user\r\n354\r\n';
    const whole = parse(text);
    expect(whole.replies.map((reply) => reply.code)).toEqual([250, 550, 354]);
    for (let at = 0; at <= text.length; at++) {
      expect(parse(text.slice(0, at), text.slice(at)).replies).toEqual(whole.replies);
    }
    expect(parse(...text).replies).toEqual(whole.replies);
  });

  it('reads a line that it has read before as at first: a reply, the end of a longer one, or out of its place', () => {
    const { replies, parser } = parse('250 Ok\r\n250-Hello\r\n250 Ok\r\n250 Ok\r\n');
    const short = { code: 250, enhancedCode: '', lines: ['Ok'] };
    expect(replies).toEqual([short, { ...short, lines: ['Hello', 'Ok'] }, short]);
    expect(parser.pendingBytes).toBe(0);
    expect(parse('354 Go\r\n250-Hello\r\n354 Go\r\n').fault).toMatch(/changes from 250 to 354/);
  });

  it.each([
    ['a bare LF as line end', '250-a\n250 b\n', { code: 250, enhancedCode: '', lines: ['a', 'b'] }],
    ['a code and nothing else', '250\r\n', { code: 250, enhancedCode: '', lines: [''] }],
    [
      'an enhanced code of another class as text',
      '550 2.1.1 odd\r\n',
      { code: 550, enhancedCode: '', lines: ['2.1.1 odd'] },
    ],
    [
      'a number like an enhanced code inside the text',
      '250 ok 2.1.0\r\n',
      { code: 250, enhancedCode: '', lines: ['ok 2.1.0'] },
    ],
    ['UTF-8 as it is', '250 gr\xc3\xbc\xc3\x9fe\r\n', { code: 250, enhancedCode: '', lines: ['grüße'] }],
    [
      'other bytes escaped',
      '250 \xff\x00\x1b[31m\r\n',
      { code: 250, enhancedCode: '', lines: ['\\xff\\x00\\x1b[31m'] },
    ],
    ['a bare CR escaped', '250 a\rb\r\n', { code: 250, enhancedCode: '', lines: ['a\\x0db'] }],
  ])('accepts %s', (_, text, reply) => {
    expect(parse(text)).toMatchObject({ fault: null, replies: [reply] });
  });

  it.each([
    ['an HTTP answer', 'HTTP/1.1 400 Bad Request\r\n'],
    ['an SSH banner', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a code below 200', '150 wait\r\n'],
    ['a code above 599', '600 what\r\n'],
    ['a code without separator', '250ok\r\n'],
    ['a tab after the code', '250\tok\r\n'],
    ['an empty line', '\r\n'],
    ['two digits', '25 ok\r\n'],
    ['a code that changes within a reply', '250-a\r\n550 b\r\n'],
    ['a TLS alert without line end', '\x15\x03\x03\x00\x02\x02\x28'],
    ['the beginning of something else, without line end', 'SSH-2.0'],
  ])('refuses %s', (_, text) => {
    const { replies, fault } = parse(text);
    expect(replies).toEqual([]);
    expect(fault).not.toBeNull();
  });

  it('keeps the text that was no reply, safe to print', () => {
    expect(parse('SSH-2.0-OpenSSH_9.2\r\n').parser.faultText).toBe('SSH-2.0-OpenSSH_9.2');
    expect(parse('\x15\x03\x03\x00').parser.faultText).toBe('\\x15\\x03\\x03\\x00');
  });

  it('says nothing more after a fault', () => {
    const { replies, fault } = parse('250 ok\r\nnonsense\r\n250 ok\r\n', '250 ok\r\n');
    expect(replies).toHaveLength(1);
    expect(fault).not.toBeNull();
  });

  it('refuses more than 64 KB of one reply, in one line or in many, and takes less', () => {
    expect(parse(`250 ${'x'.repeat(maxReplyBytes)}`).fault).toMatch(/more than/);
    expect(parse('250-x\r\n'.repeat(maxReplyBytes / 7 + 1)).fault).toMatch(/more than/);
    expect(parse(`250 ${'x'.repeat(maxReplyBytes - 6)}\r\n`)).toMatchObject({ fault: null, replies: [{ code: 250 }] });
  });

  it('counts the bytes of what is not complete', () => {
    const { parser } = parse('250 ok\r\n25');
    expect(parser.pendingBytes).toBe(2);
    expect(parse('250-a\r\n250').parser.pendingBytes).toBe(10);
    expect(parse('250 ok\r\n').parser.pendingBytes).toBe(0);
  });

  it('never throws, never prints a control byte, never gives a code outside 200–599', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), (chunks) => {
        const parser = new ReplyParser();
        for (const chunk of chunks) {
          for (const { reply, raw } of parser.push(Buffer.concat([bytes('250'), chunk])).replies) {
            expect(reply.code).toBeGreaterThanOrEqual(200);
            expect(reply.code).toBeLessThan(600);
            expect([...reply.lines, ...raw].join('')).not.toMatch(/\p{Cc}/u);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
