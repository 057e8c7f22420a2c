/**
 * A loopback port that never answers a connection: its queue of connections is full and nobody takes from it, so the
 * system drops what arrives, as a firewall would. Needs no rights.
 *
 *   await using silent = await startSilentPort();  silent.port
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

export interface SilentPort extends AsyncDisposable {
  port: number;
}

/** Listens in a thread of its own, whose event loop then stands still. */
const listenAndFreeze = `
  const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

export async function startSilentPort(): Promise<SilentPort> {
  const worker = new Worker(listenAndFreeze, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const fillers: Socket[] = [];
  const close = async () => {
    for (const socket of fillers) socket.destroy();
    await worker.terminate();
  };
  while (fillers.length < 20) {
    const socket = connect({ host: '127.0.0.1', port }).on('error', () => {});
    fillers.push(socket);
    const hasConnected = await Promise.race([
      once(socket, 'connect').then(() => true),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 150)),
    ]);
    if (!hasConnected) return { port, [Symbol.asyncDispose]: close };
  }
  await close();
  throw new Error('the queue of connections does not fill');
}
