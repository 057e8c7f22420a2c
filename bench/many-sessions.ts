/** 200 sessions to the port given, sending at the same time; prints the most memory the process has held, in bytes. */
import { readFileSync } from 'node:fs';
import { openSession } from '../server/smtp/session.client.ts';
import { loopbackTarget } from '../test/fake-smarthost.ts';

const target = { ...loopbackTarget(Number(process.argv[2])), host: '127.0.0.1' };
const data = Buffer.from(`Subject: x\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(52)}`);
const sessions = await Promise.all(
  Array.from({ length: 200 }, async () => {
    const opened = await openSession(target);
    if (!opened.ok) throw new Error(opened.failure.detail);
    return opened.session;
  }),
);
await Promise.all(
  sessions.map(async (session) => {
    for (let turn = 0; turn < 50; turn += 1) {
      await session.send({ mailFrom: 'a@example.com', recipients: ['b@example.com'], data });
    }
  }),
);
// Linux: what this program has held. The usage that the system accounts also has what the parent held at the fork.
const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : '';
const kilobytes = Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
console.log(kilobytes * 1024);
await Promise.all(sessions.map((session) => session.quit()));
