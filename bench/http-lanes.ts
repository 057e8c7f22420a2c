/**
 * Keep-alive HTTP/1.1 connections that ask as little as possible of the machine, which the measured program shares: requests
 * are bytes made beforehand, of an answer only the status and the length are read.
 */
import { connect, type Socket } from 'node:net';

export interface Lane {
  /** One request at a time. @returns the status */
  ask: (request: Buffer) => Promise<number>;
  close: () => void;
}

export async function openLane(url: string): Promise<Lane> {
  const { hostname, port } = new URL(url);
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opened = connect({ host: hostname, port: Number(port), noDelay: true }, () => resolve(opened));
    opened.once('error', reject);
  });
  let waiting: { resolve: (status: number) => void; reject: (error: Error) => void } | null = null;
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1];
    if (length === undefined) throw new Error(`an answer without its length: ${text}`);
    if (text.length < end + 4 + Number(length)) return;
    const status = Number(text.slice(9, 12));
    if (status >= 400) process.stderr.write(`${text.slice(end + 4, end + 300)}\n`);
    text = '';
    waiting?.resolve(status);
  });
  socket.on('close', () => waiting?.reject(new Error('the connection was closed')));
  socket.on('error', () => {});
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

/** @param body JSON */
export function makeRequest(url: string, path: string, authorization: string, body: string): Buffer {
  const lines = [
    `POST ${path} HTTP/1.1`,
    `host: ${new URL(url).host}`,
    `authorization: ${authorization}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** Makes `count` requests over as many connections as named, each the next when its last was answered. @throws unless each is answered with 200 */
export async function askAll(url: string, connections: number, count: number, request: Buffer): Promise<void> {
  let left = count;
  const work = async () => {
    const lane = await openLane(url);
    while (left > 0) {
      left -= 1;
      const status = await lane.ask(request);
      if (status !== 200) throw new Error(`answered with ${status}`);
    }
    lane.close();
  };
  await Promise.all(Array.from({ length: connections }, work));
}
