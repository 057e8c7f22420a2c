import { once } from 'node:events';
import net from 'node:net';
import { createTransport } from 'nodemailer';
import { afterEach, describe, expect, it } from 'vitest';
import { type CaptureServer, openCaptureServer } from './capture.smtp-server.ts';
import type { CapturedMessage } from './sandbox.store.ts';

const logged: unknown[] = [];
const log = (...entry: unknown[]) => void logged.push(entry);
const logger = { info: log, warn: log, error: log };
const stored: CapturedMessage[] = [];
const running: CaptureServer[] = [];
const keep = async (message: CapturedMessage) => {
  stored.push(message);
  return { id: `box_${stored.length}` } as never;
};
const open = async (port: number | null = 0, add: (message: CapturedMessage) => Promise<never> = keep) => {
  const capture = openCaptureServer({ store: { add }, port, logger });
  running.push(capture);
  await capture.start();
  return capture;
};
afterEach(async () => {
  stored.length = 0;
  logged.length = 0;
  await Promise.all(running.splice(0).map((capture) => capture.stop()));
});

/** Says each line after a reply has come; the last reply of each. */
const talk = async (port: number, lines: string[]): Promise<string[]> => {
  const socket = net.connect(port, '127.0.0.1').setEncoding('latin1');
  const replies: string[] = [];
  let text = '';
  const waiting = [...lines];
  socket.on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.search(/^\d{3} .*\r\n/m); end >= 0; end = text.search(/^\d{3} .*\r\n/m)) {
      const stop = text.indexOf('\r\n', end) + 2;
      replies.push(text.slice(0, stop).trimEnd());
      text = text.slice(stop);
      const next = waiting.shift();
      if (next === undefined) socket.end();
      else socket.write(`${next}\r\n`, 'latin1');
    }
  });
  socket.on('error', () => {});
  await once(socket, 'close');
  return replies;
};

describe('the capture server', () => {
  it('takes a message with its envelope, byte for byte, and says that it goes no further', async () => {
    const { port } = (await open()).status();
    const body = 'From: Hub <hub@example.com>\r\nSubject: =?utf-8?Q?=C3=A4?=\r\n\r\nHi\r\n..dot\r\n';
    const replies = await talk(port ?? 0, [
      'EHLO app.example',
      'MAIL FROM:<bounce@example.com>',
      'RCPT TO:<ann@example.com>',
      'RCPT TO:<bob@example.com>',
      'DATA',
      `${body}.`,
      'QUIT',
    ]);
    expect(replies[0]).toContain('forwards none');
    expect(replies.at(-2)).toMatch(/^250 .*not forwarded/);
    expect(stored).toMatchObject([
      {
        mailFrom: 'bounce@example.com',
        recipients: ['ann@example.com', 'bob@example.com'],
        from: 'Hub <hub@example.com>',
        subject: 'ä',
        attachmentCount: 0,
        ehloName: 'app.example',
        remoteAddress: '127.0.0.1',
      },
    ]);
    expect(Buffer.from(stored[0]?.source ?? []).toString('latin1')).toBe(body.replace('..dot', '.dot'));
  });

  it('offers SIZE, 8BITMIME, PIPELINING and SMTPUTF8, and no STARTTLS that nobody could check', async () => {
    const { port } = (await open()).status();
    const [, ehlo] = await talk(port ?? 0, ['EHLO app.example', 'QUIT']);
    expect(ehlo).toContain(`SIZE ${25 * 1024 * 1024}`);
    for (const keyword of ['8BITMIME', 'PIPELINING', 'SMTPUTF8', 'ENHANCEDSTATUSCODES'])
      expect(ehlo).toContain(keyword);
    expect(ehlo).not.toContain('STARTTLS');
  });

  it.each(['PLAIN', 'LOGIN', 'CRAM-MD5'])(
    'lets anybody sign in with AUTH %s and keeps nothing of it',
    async (authMethod) => {
      const { port } = (await open()).status();
      const secret = 'canary-8712';
      const transport = createTransport({
        host: '127.0.0.1',
        port: port ?? 0,
        authMethod,
        auth: { user: 'somebody', pass: secret },
      });
      await transport.sendMail({ from: 'a@example.com', to: 'b@example.com', subject: 'x', text: 'y' });
      transport.close();
      expect(stored).toHaveLength(1);
      const kept = JSON.stringify([
        stored.map((message) => ({ ...message, source: Buffer.from(message.source).toString() })),
        logged,
      ]);
      expect(kept).not.toContain(secret);
      expect(kept).not.toContain(Buffer.from(secret).toString('base64').slice(0, 12));
    },
  );

  it('refuses what is larger than 25 MB before it comes', async () => {
    const { port } = (await open()).status();
    const replies = await talk(port ?? 0, [
      'EHLO a.example',
      `MAIL FROM:<a@example.com> SIZE=${26 * 1024 * 1024}`,
      'QUIT',
    ]);
    expect(replies[2]).toMatch(/^552 /);
  });

  it('refuses what turns out larger than 25 MB, and takes the next message', async () => {
    const { port } = (await open()).status();
    const line = `${'x'.repeat(998)}\r\n`;
    const replies = await talk(port ?? 0, [
      'EHLO a.example',
      'MAIL FROM:<a@example.com>',
      'RCPT TO:<b@example.com>',
      'DATA',
      `\r\n${line.repeat(26 * 1049)}.`,
      'MAIL FROM:<a@example.com>',
      'QUIT',
    ]);
    expect(replies[5]).toMatch(/^552 /);
    expect(replies[6]).toMatch(/^250 /);
    expect(stored).toEqual([]);
  });

  it('answers with a temporary error when it cannot store, and logs why', async () => {
    const { port } = (await open(0, () => Promise.reject(new Error('disk full')))).status();
    const replies = await talk(port ?? 0, [
      'EHLO a.example',
      'MAIL FROM:<a@example.com>',
      'RCPT TO:<b@example.com>',
      'DATA',
      'hi\r\n.',
      'QUIT',
    ]);
    expect(replies[5]).toMatch(/^451 /);
    expect(JSON.stringify(logged)).toContain('could not store');
  });

  it('hangs up on a command line without end', async () => {
    const { port } = (await open()).status();
    const socket = net.connect(port ?? 0, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    socket.write('x'.repeat(100_000));
    await once(socket, 'close');
    expect(stored).toEqual([]);
  });

  it('lets a session of many messages through', async () => {
    const { port } = (await open()).status();
    const one = ['MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.com>', 'DATA', 'hi\r\n.'];
    await talk(port ?? 0, ['EHLO a.example', ...Array(20).fill(one).flat(), 'QUIT']);
    expect(stored).toHaveLength(20);
  });

  it('does not keep Postern from starting when its port is taken, and says what to do', async () => {
    const { port } = (await open()).status();
    const second = await open(port);
    expect(second.status()).toMatchObject({ isListening: false, port });
    expect(second.status().problem).toMatch(
      new RegExp(`^Port ${port} is taken by another program.*POSTERN_SANDBOX_PORT`),
    );
  });

  it('can be switched off', async () => {
    const off = await open(null);
    expect(off.status()).toMatchObject({ isListening: false, port: null });
    expect(off.status().problem).toContain('switched off');
  });

  it('listens on loopback only, and no more once stopped', async () => {
    const capture = await open();
    const { host, port, isListening, problem } = capture.status();
    expect({ host, isListening, problem }).toEqual({ host: '127.0.0.1', isListening: true, problem: '' });
    await capture.stop();
    expect(capture.status().isListening).toBe(false);
    const socket = net.connect(port ?? 0, '127.0.0.1');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });
});
