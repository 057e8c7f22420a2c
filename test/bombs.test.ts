/** The real program and what is made to fill memory or disk: bodies without end, and archives that unpack to gigabytes. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type FakeSmarthost, startFakeSmarthost } from './fake-smarthost.ts';
import { type ApiClient, signIn } from './support/api-client.ts';
import { administratorEnv, type Program, startProgram } from './support/program.ts';

const megabyte = 1024 * 1024;

describe('a bomb', () => {
  let program: Program;
  let server: FakeSmarthost;
  let admin: ApiClient & { cookie: string };
  beforeAll(async () => {
    server = await startFakeSmarthost();
    program = await startProgram({ env: administratorEnv });
    admin = await signIn(program.url);
    const settings = {
      name: 'Office',
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      fromEmail: 'a@b.example',
    };
    expect((await admin.call('POST', '/api/v1/smtp-settings', settings)).status).toBe(201);
  });
  afterAll(async () => {
    await program?.stop();
    program?.remove();
    await server?.close();
  });
  const residentMegabytes = () => {
    const status = process.platform === 'linux' ? readFileSync(`/proc/${program.pid}/status`, 'utf8') : 'VmRSS: 0';
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  };
  /** Sends for as long as it is listened to. @returns what was answered (0: cut off before it was read), and how much was sent */
  const pour = (at: string, head: string, piece: Buffer): Promise<{ status: number; sent: number }> =>
    new Promise((resolve, reject) => {
      const { hostname, port, host } = new URL(program.url);
      const socket = connect(Number(port), hostname);
      let [sent, answer] = [0, ''];
      const end = () => resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0), sent });
      const more = () => {
        while (!socket.destroyed && socket.writable && sent < 3 * 1024 * megabyte) {
          sent += piece.length;
          if (!socket.write(piece)) return;
        }
      };
      socket.setTimeout(20_000, () => reject(new Error('nothing was answered')));
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1');
        if (/\r\n\r\n/.test(answer)) socket.destroy();
      });
      socket.on('error', () => {});
      socket.once('close', end);
      socket.on('drain', more);
      socket.write(
        `POST ${at} HTTP/1.1\r\nhost: ${host}\r\ncookie: ${admin.cookie}\r\nx-postern: 1\r\ncontent-type: application/json\r\n${head}\r\n\r\n`,
      );
      more();
    });

  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 'A'), Buffer.from('\r\n')]);
  it.each([
    ['two gigabytes, and says so', 'content-length: 2147483648', Buffer.alloc(65_536, 'A')],
    ['without an end, in chunks', 'transfer-encoding: chunked', chunk],
  ])('that is %s, is refused while it is still being sent, and memory stays as it was', async (_, head, piece) => {
    const before = residentMegabytes();
    const path = '/api/v1/emails';
    const poured = await Promise.all([1, 2, 3].map(() => pour(path, head, piece)));
    for (const { status, sent } of poured) {
      expect([413, 0]).toContain(status);
      expect(sent / megabyte).toBeLessThan(60);
    }
    expect(residentMegabytes() - before).toBeLessThan(150);
    expect((await pour('/api/v1/sign-in', head, piece)).sent / megabyte).toBeLessThan(20);
    expect((await admin.call('GET', '/api/v1/me')).status).toBe(200);
  });

  it('as an archive or a PDF arrives as it was sent, and nothing of it is unpacked', async () => {
    // A gigabyte of nothing, deflated twice, under the names of what is often looked into.
    const layer = deflateRawSync(Buffer.alloc(64 * megabyte));
    const content = deflateRawSync(Buffer.concat(Array.from({ length: 16 }, () => layer)));
    const head = Buffer.from([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0]);
    const bomb = Buffer.concat([head, content]);
    const before = residentMegabytes();
    const attachments = ['a.zip', 'b.docx', 'c.pdf', 'd.png', 'e.svg'].map((filename) => ({
      filename,
      content: bomb.toString('base64'),
    }));
    const email = { to: 'ann@example.com', subject: 'Bomb', text: 'Hi', attachments };
    const sent = await admin.call<{ id: string }>('POST', '/api/v1/emails', email);
    expect(sent.status).toBe(200);
    const mails = () => server.connections.flatMap(({ messages }) => messages);
    await vi.waitFor(() => expect(mails()).toHaveLength(1), 20_000);
    const lines = bomb
      .toString('base64')
      .match(/.{1,76}/g)!
      .join('\r\n');
    expect(mails()[0]!.split(lines)).toHaveLength(attachments.length + 1);
    for (const index of attachments.keys()) {
      const reply = await fetch(`${program.url}/api/v1/emails/${sent.body.id}/attachments/${index}`, {
        headers: { cookie: admin.cookie },
      });
      expect(Buffer.from(await reply.arrayBuffer()).equals(bomb)).toBe(true);
      expect(reply.headers.get('content-type')).toBe('application/octet-stream');
    }
    expect(residentMegabytes() - before).toBeLessThan(100);
  });
});
