/** The usual way to send mail from Node, second half: a BullMQ worker with a pool of nodemailer. */
import { Worker } from 'bullmq';
import nodemailer from 'nodemailer';

const [redisPort, smtpPort] = process.argv.slice(2).map(Number) as [number, number];
const concurrency = 50;
const pool = nodemailer.createTransport({
  host: '127.0.0.1',
  port: smtpPort,
  ignoreTLS: true,
  pool: true,
  maxConnections: 16,
  maxMessages: Number.POSITIVE_INFINITY,
});
const worker = new Worker('mail', async ({ data }) => void (await pool.sendMail(data)), {
  connection: { host: '127.0.0.1', port: redisPort },
  concurrency,
});
await worker.waitUntilReady();
console.log('ready');
