/** One message over one session to a scripted server, and everything that both sides saw of it. */
import type { SmtpFailure, TransactionOutcome } from '../server/smtp/outcome.ts';
import { openSession } from '../server/smtp/session.client.ts';
import { emptyFacts, type SmtpTarget } from '../server/smtp/target.ts';
import type { OutgoingMail } from '../server/smtp/transaction.ts';
import { type FakeSmarthost, loopbackTarget, type SmarthostScript, startFakeSmarthost } from './fake-smarthost.ts';

export const someMail: OutgoingMail = {
  mailFrom: 'a@example.com',
  recipients: ['b@example.com'],
  data: Buffer.from('Subject: x\r\n\r\nhi\r\n'),
};

export const servers: FakeSmarthost[] = [];
/** For `afterEach`. */
export async function closeServers(): Promise<void> {
  for (const server of servers.splice(0)) await server.close();
}

export interface SessionRun {
  failure: SmtpFailure | null;
  outcome: TransactionOutcome | null;
  lines: string[];
  shown: string[];
  wire: string;
  facts: ReturnType<typeof emptyFacts>;
  isOpen: boolean;
}

export async function runSession(
  script: SmarthostScript,
  changes: Partial<SmtpTarget> = {},
  sent: Partial<OutgoingMail> = {},
): Promise<SessionRun> {
  const server = await startFakeSmarthost(script);
  servers.push(server);
  const shown: string[] = [];
  const facts = emptyFacts();
  const observer = { onLine: (from: string, text: string) => void shown.push(`${from}: ${text}`) };
  const opened = await openSession(loopbackTarget(server.port, changes), { observer, facts });
  const outcome = opened.ok ? await opened.session.send({ ...someMail, ...sent }) : null;
  const isOpen = opened.ok && opened.session.isOpen;
  if (opened.ok) await opened.session.quit();
  const failure = opened.ok ? (outcome?.sent === false ? outcome.failure : null) : opened.failure;
  const seen = server.connections[0];
  return { failure, outcome, lines: seen?.lines ?? [], shown, wire: seen?.wire ?? '', facts, isOpen };
}
