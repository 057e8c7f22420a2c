import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerClientError, letTakeLong } from './client-error.ts';

describe('a connection without a request', () => {
  let server: ReturnType<typeof createServer>;
  let handle: (request: IncomingMessage, reply: ServerResponse) => void;
  const port = () => (server.address() as AddressInfo).port;
  const timeOut = Object.assign(new Error('too long'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });

  beforeEach(async () => {
    handle = (_, reply) => reply.end('ok');
    server = createServer((incoming, reply) => handle(incoming, reply));
    server.on('clientError', answerClientError);
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const say = async (text: string) => {
    const socket = connect(port(), '127.0.0.1');
    socket.write(text);
    let answer = '';
    for await (const chunk of socket.setEncoding('utf8')) answer += chunk;
    return answer;
  };
  /** A request whose body is under way when its time is up. */
  const takeTooLong = async (isLong: boolean) => {
    const arrived = new Promise<IncomingMessage>((resolve) => {
      handle = (incoming, reply) => {
        if (isLong) letTakeLong(incoming);
        resolve(incoming);
        incoming.resume().on('end', () => reply.end('whole'));
      };
    });
    const asked = request({ port: port(), host: '127.0.0.1', method: 'POST' });
    asked.write('begin');
    const answer = new Promise<string>((resolve) => {
      asked.on('error', () => resolve('broken'));
      asked.on('response', async (reply) => {
        let body = '';
        for await (const chunk of reply) body += chunk;
        resolve(`${reply.statusCode} ${body}`);
      });
    });
    const { socket } = await arrived;
    server.emit('clientError', timeOut, socket);
    asked.end('end');
    return answer;
  };

  it('is told what was wrong in the shape of every refusal, and closed', async () => {
    const answer = await say('hello\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ statusCode: 400, fields: [] });
    expect(await say(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
  });

  it('is closed when the request takes too long, but not where its body may be of any length', async () => {
    expect(await takeTooLong(false)).toMatch(/^408 |broken/);
    expect(await takeTooLong(true)).toBe('200 whole');
  });
});
