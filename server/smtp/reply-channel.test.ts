import { type Duplex, duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Attempt } from './attempt.ts';
import { isPositive, ReplyChannel } from './reply-channel.ts';

function open() {
  const [stream, server] = duplexPair();
  server.on('data', () => {});
  const shown: string[] = [];
  const attempt = new Attempt({ onLine: (from, text) => void shown.push(`${from}: ${text}`) }, 5000);
  const channel = new ReplyChannel(stream, attempt);
  const hear = (text: string) => stream.emit('data', Buffer.from(text, 'latin1'));
  return { channel, hear, attempt, shown, stream };
}

describe('ReplyChannel', () => {
  it('gives each of several commands in flight its own reply, in order', async () => {
    const { channel, hear } = open();
    const asked = ['mail', 'rcpt', 'rcpt'] as const;
    const answers = Promise.all(asked.map((phase) => channel.ask(phase.toUpperCase(), phase, 1000, isPositive)));
    hear('250 one\r\n550 5.1.1 t');
    hear('wo\r\n250 three\r\n');
    expect(await answers).toMatchObject([
      { ok: true, reply: { lines: ['one'] } },
      { ok: false, failure: { kind: 'refused', phase: 'rcpt', reply: { code: 550, lines: ['two'] } } },
      { ok: true, reply: { lines: ['three'] } },
    ]);
  });

  it('counts none of the replies that came together with a surplus one', async () => {
    const { channel, hear } = open();
    const answers = Promise.all([1, 2].map(() => channel.ask('RCPT', 'rcpt', 1000, isPositive)));
    hear('250 one\r\n250 two\r\n250 three\r\n');
    expect(await answers).toMatchObject([
      { ok: false, failure: { kind: 'desync' } },
      { ok: false, failure: { kind: 'desync' } },
    ]);
    expect(channel.isOpen).toBe(false);
  });

  it('takes back every answer of a flight that falls out of step, also a verdict', async () => {
    for (const verdict of ['250 queued\r\n', '554 no\r\n']) {
      const { channel, hear } = open();
      const asks = (['dot', 'mail', 'data'] as const).map((phase) => ({
        phase,
        milliseconds: 1000,
        isExpected: isPositive,
      }));
      const answers = channel.askAll(asks, 'x');
      hear(verdict);
      hear('250 ok\r\n');
      hear('what?\r\n');
      expect(await answers).toMatchObject([
        { ok: false, failure: { kind: 'uncertain', phase: 'dot' } },
        { ok: false, failure: { kind: 'desync', phase: 'mail' } },
        { ok: false, failure: { kind: 'desync', phase: 'data' } },
      ]);
      expect(channel.hasBrokenFlight).toBe(true);
    }
  });

  it('keeps the answers that came when the line ends within a flight', async () => {
    const { channel, hear, stream } = open();
    const asks = (['dot', 'mail'] as const).map((phase) => ({ phase, milliseconds: 1000, isExpected: isPositive }));
    const answers = channel.askAll(asks, 'x');
    hear('250 queued\r\n');
    stream.emit('end');
    expect(await answers).toMatchObject([
      { ok: true },
      { ok: false, failure: { kind: 'connection-lost', phase: 'mail' } },
    ]);
    expect(channel.hasBrokenFlight).toBe(false);
  });

  it.each([
    [
      'its own last word',
      (hear: (text: string) => void) => hear('421 4.7.0 too many\r\n'),
      ['server: 250 sender', 'server: 421 4.7.0 too many'],
    ],
    [
      'no more words',
      (_: unknown, stream: Duplex) => stream.emit('end'),
      ['server: 250 sender', 'note: connection-lost: the server closed the connection'],
    ],
  ])('tells the message behind how far it came, and of %s', async (_, end, heard) => {
    const { channel, hear, shown, stream } = open();
    const lines: string[] = [];
    const observer = { onLine: (from: string, text: string) => void lines.push(`${from}: ${text}`) };
    const asks = (['dot', 'mail', 'rcpt', 'data'] as const).map((phase) => ({
      phase,
      milliseconds: 1000,
      isExpected: isPositive,
    }));
    const answers = channel.askAll(asks, 'x', { from: 1, next: { observer } });
    hear('250 queued\r\n250 sender\r\n');
    end(hear, stream);
    expect((await answers).map(({ ok }) => ok)).toEqual([true, true, false, false]);
    expect(lines).toEqual(heard);
    expect(shown).toEqual(['server: 250 queued']);
  });

  it('says nothing to the message behind of the words with which the server ended on the one before', async () => {
    const { channel, hear, shown } = open();
    const lines: string[] = [];
    const observer = { onLine: (from: string, text: string) => void lines.push(`${from}: ${text}`) };
    const asks = (['dot', 'mail'] as const).map((phase) => ({ phase, milliseconds: 1000, isExpected: isPositive }));
    const answers = channel.askAll(asks, 'x', { from: 1, next: { observer } });
    hear('421 4.3.0 see http://reset.example/secret\r\n421 4.3.0 once more http://reset.example/secret\r\n');
    expect((await answers)[1]).toMatchObject({ failure: { kind: 'connection-lost', reply: null } });
    expect(lines).toEqual(['note: connection-lost: the connection ended with the message before this one']);
    expect(shown).toEqual(['server: 421 4.3.0 see http://reset.example/secret']);
  });

  it('starts the time of a command when the reply before it has come', async () => {
    const { channel, hear } = open();
    const first = channel.ask('ONE', 'mail', 1000, isPositive);
    const second = channel.ask('TWO', 'rcpt', 60, isPositive);
    expect(await Promise.race([second, new Promise((resolve) => setTimeout(resolve, 120, 'waiting'))])).toBe('waiting');
    hear('250 one\r\n');
    expect(await first).toMatchObject({ ok: true });
    expect(await second).toMatchObject({ ok: false, failure: { kind: 'reply-timeout', phase: 'rcpt' } });
  });

  it.each(['2', '250 injected\r\n', '250-inj'])(
    'lets TLS begin over no stream that said %j behind the last reply',
    async (more) => {
      const { channel, hear } = open();
      const answer = channel.ask('STARTTLS', 'starttls', 1000, (code) => code === 220);
      hear('220 go\r\n');
      hear(more);
      expect(await answer).toMatchObject({ ok: true });
      expect(channel.detach()).toMatchObject({ kind: 'desync', phase: 'starttls' });
      expect(channel.isOpen).toBe(false);
    },
  );

  it('writes nothing more once the server has begun an unasked reply', async () => {
    const { channel, hear, stream } = open();
    hear('25');
    let written = 0;
    stream.write = () => ++written > 0;
    expect(await channel.ask('MAIL', 'mail', 1000, isPositive)).toMatchObject({
      ok: false,
      failure: { kind: 'desync', phase: 'mail' },
    });
    expect(written).toBe(0);
  });

  it('cuts long lines in the transcript, but not in the reply', async () => {
    const { channel, hear, shown } = open();
    const answer = channel.ask('NOOP', 'mail', 1000, isPositive);
    hear(`250 ${'x'.repeat(10_000)}\r\n`);
    expect(await answer).toMatchObject({ ok: true, reply: { lines: ['x'.repeat(10_000)] } });
    expect(shown.at(-1)?.length).toBeLessThan(2100);
  });

  it('keeps the first reason for its end', async () => {
    const { channel, stream } = open();
    const waiting = channel.ask('MAIL', 'mail', 1000, isPositive);
    stream.emit('error', Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    channel.break('cancelled', 'too late');
    expect(await waiting).toMatchObject({
      ok: false,
      failure: { kind: 'connection-lost', detail: 'the connection broke: ECONNRESET' },
    });
    expect(await channel.ask('RSET', 'rcpt', 1000, isPositive)).toMatchObject({
      ok: false,
      failure: { kind: 'connection-lost', phase: 'rcpt' },
    });
  });
});
