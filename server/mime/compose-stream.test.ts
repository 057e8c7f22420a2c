import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamableAttachment } from './attachment.ts';
import { encodeBase64Lines, measureBase64, streamBase64 } from './base64-lines.ts';
import { composeMessage, composeStream, type OutgoingMail } from './compose.ts';
import { MailValueError } from './mail-value.ts';
import { anyMail, countRuns } from './test-data.ts';

const base: OutgoingMail = {
  from: { address: 'hub@example.com' },
  to: [{ address: 'ann@example.com' }],
  subject: 'Hello',
  text: 'Hi',
  date: new Date('2026-11-22T10:44:05Z'),
  messageId: '<1@example.com>',
};
const cut = async function* (bytes: Uint8Array, sizes: readonly number[]) {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
};
const streamed = (
  content: Uint8Array,
  sizes: readonly number[] = [1000],
  sizeBytes = content.length,
): StreamableAttachment => ({
  filename: 'a.pdf',
  contentType: 'application/pdf',
  content: { sizeBytes, chunks: cut(content, sizes) },
});
const collect = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) {
    expect(chunk.length).toBeLessThanOrEqual(64 * 1024);
    all.push(chunk);
  }
  return Buffer.concat(all);
};

describe('a streamed message', () => {
  it('has the bytes of the one that is composed at once, however its attachments are cut, and the size it said', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyMail,
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 }),
        async (any, sizes) => {
          const mail = {
            ...any,
            attachments: any.attachments?.filter(({ contentType }) => contentType !== 'message/rfc822') ?? [],
          };
          const attachments = mail.attachments?.map((file) => ({
            ...file,
            content: { sizeBytes: (file.content as Uint8Array).length, chunks: cut(file.content as Uint8Array, sizes) },
          }));
          const { sizeBytes, chunks } = composeStream({ ...mail, attachments: attachments ?? [] });
          const bytes = await collect(chunks);
          expect(bytes.length).toBe(sizeBytes);
          expect(Buffer.compare(bytes, composeMessage(mail))).toBe(0);
        },
      ),
      { numRuns: countRuns(100, 20_000) },
    );
  });

  it.each([0, 1, 56, 57, 58, 45_599, 45_600, 45_601, 91_200, 200_000])(
    'holds for an attachment of %i bytes',
    async (size) => {
      const content = Buffer.alloc(size, 'Rechnung 2026');
      const whole = composeMessage({
        ...base,
        attachments: [{ filename: 'a.pdf', contentType: 'application/pdf', content }],
      });
      for (const [name, file] of Object.entries({
        streamed: streamed(content, [4096, 1, 65_536]),
        inMemory: { ...streamed(content), content },
        encodedOnce: { ...streamed(content), content: encodeBase64Lines(content) },
      })) {
        const { sizeBytes, chunks } = composeStream({ ...base, attachments: [file] });
        expect(sizeBytes, name).toBe(whole.length);
        expect(Buffer.compare(await collect(chunks), whole), name).toBe(0);
      }
    },
  );

  it('takes a message that comes bit by bit as a file, because it cannot be searched for boundaries', async () => {
    const file = { ...streamed(Buffer.from('Subject: x\r\n\r\nhi\r\n')), contentType: 'message/rfc822' };
    const bytes = await collect(composeStream({ ...base, attachments: [file] }).chunks);
    expect(bytes.toString()).toContain('Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64');
  });

  it('does not begin to read an attachment before it is asked to, and asks for no more than it needs', async () => {
    let given = 0;
    const lazy = async function* () {
      for (; given < 1000; given += 1) yield Buffer.alloc(50_000);
    };
    const file = { ...streamed(Buffer.alloc(0)), content: { sizeBytes: 50_000_000, chunks: lazy() } };
    const { chunks } = composeStream({ ...base, attachments: [file] });
    expect(given).toBe(0);
    const iterator = chunks[Symbol.asyncIterator]();
    for (let turn = 0; turn < 10; turn += 1) await iterator.next();
    expect(given).toBeLessThanOrEqual(10);
  });

  it('closes the attachment when nobody reads on', async () => {
    let isClosed = false;
    const open = async function* () {
      try {
        for (;;) yield Buffer.alloc(50_000);
      } finally {
        isClosed = true;
      }
    };
    const file = { ...streamed(Buffer.alloc(0)), content: { sizeBytes: 10_000_000, chunks: open() } };
    for await (const chunk of composeStream({ ...base, attachments: [file] }).chunks) if (chunk.length > 50_000) break;
    expect(isClosed).toBe(true);
  });

  it.each([
    ['fewer', 99],
    ['more', 101],
  ])('fails when an attachment has %s bytes than promised, never padding or cutting it', async (_, promised) => {
    const { chunks } = composeStream({ ...base, attachments: [streamed(Buffer.alloc(200 - promised), [7], 100)] });
    await expect(collect(chunks)).rejects.toThrow('100 bytes');
  });

  it('passes on the failure of a store', async () => {
    const broken = async function* () {
      yield Buffer.alloc(10);
      throw new Error('disk on fire');
    };
    const file = { ...streamed(Buffer.alloc(0)), content: { sizeBytes: 100, chunks: broken() } };
    await expect(collect(composeStream({ ...base, attachments: [file] }).chunks)).rejects.toThrow('disk on fire');
  });

  it('refuses at once what cannot be in a mail', () => {
    expect(() => composeStream({ ...base, subject: 'a\nb' })).toThrow(MailValueError);
    expect(() => composeStream({ ...base, attachments: [streamed(Buffer.alloc(1), [1], -1)] })).toThrow(MailValueError);
    expect(() => composeStream({ ...base, attachments: [streamed(Buffer.alloc(1), [1], 1.5)] })).toThrow(
      MailValueError,
    );
  });

  it('is needed for what comes bit by bit: composing at once fails and drops nothing in silence', () => {
    const attachments = [streamed(Buffer.alloc(10))] as unknown as NonNullable<OutgoingMail['attachments']>;
    expect(() => composeMessage({ ...base, attachments })).toThrow('composeStream');
  });

  it('leaves its texts alone while other messages are written', async () => {
    const { chunks } = composeStream({ ...base, text: 'ä first', html: '<p>ü</p>' });
    composeMessage({ ...base, text: 'ö second, which is longer', html: '<p>other</p>' });
    composeStream({ ...base, text: 'ö third' });
    expect(Buffer.compare(await collect(chunks), composeMessage({ ...base, text: 'ä first', html: '<p>ü</p>' }))).toBe(
      0,
    );
  });

  it('encodes what is in memory bit by bit too', async () => {
    const file = { ...streamed(Buffer.alloc(0)), content: Buffer.alloc(30_000_000) };
    const iterator = composeStream({ ...base, attachments: [file] }).chunks[Symbol.asyncIterator]();
    const before = process.memoryUsage().arrayBuffers;
    for (let turn = 0; turn < 3; turn += 1) await iterator.next();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });

  it('takes flat memory: messages of 25 MB, side by side', async () => {
    const block = Buffer.alloc(64 * 1024, 'x');
    const sizeBytes = 400 * block.length;
    const content = async function* () {
      for (let turn = 0; turn < 400; turn += 1) yield block;
    };
    const messages = Array.from({ length: countRuns(5, 50) }, () =>
      composeStream({ ...base, attachments: [{ ...streamed(block), content: { sizeBytes, chunks: content() } }] }),
    );
    const before = process.memoryUsage();
    let most = 0;
    const read = async ({ chunks, sizeBytes: said }: (typeof messages)[number]) => {
      let seen = 0;
      for await (const chunk of chunks) {
        seen += chunk.length;
        const now = process.memoryUsage.rss();
        if (now > most) most = now;
      }
      expect(seen).toBe(said);
    };
    await Promise.all(messages.map(read));
    // 170 MB go through for five of them.
    expect((most - before.rss) / 1e6).toBeLessThan(120);
  });
});

describe('base64 lines', () => {
  it('are what the platform encodes, 76 to the line', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 20_000, size: 'max' }),
        fc.integer({ min: 0, max: 7 }),
        (bytes, offset) => {
          const content = bytes.subarray(Math.min(offset, bytes.length));
          const lines = Buffer.from(encodeBase64Lines(content).bytes).toString('latin1');
          const expected =
            Buffer.from(content)
              .toString('base64')
              .match(/.{1,76}/g)
              ?.join('\r\n') ?? '';
          expect(lines === expected).toBe(true);
          expect(lines.length).toBe(measureBase64(content.length));
        },
      ),
      { numRuns: countRuns(300, 20_000) },
    );
  });

  it('are complete for an empty stream', async () => {
    expect(await collect(streamBase64([], 0))).toHaveLength(0);
    await expect(collect(streamBase64([], 1))).rejects.toThrow('ended after 0 of 1 bytes');
  });
});
