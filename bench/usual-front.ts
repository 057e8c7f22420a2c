/** The usual way to send mail from Node, first half: an HTTP front that puts what it is given into a queue on Redis (BullMQ). */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Queue } from 'bullmq';

const queue = new Queue('mail', { connection: { host: '127.0.0.1', port: Number(process.argv[2]) } });
const attempts = { attempts: 10, backoff: { type: 'exponential', delay: 1000 }, removeOnComplete: 1000 };

const server = createServer({ noDelay: true }, (request, reply) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    const job = await queue.add('mail', JSON.parse(Buffer.concat(chunks).toString()), attempts);
    const body = JSON.stringify({ id: job.id });
    reply.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  });
});
await queue.waitUntilReady();
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
