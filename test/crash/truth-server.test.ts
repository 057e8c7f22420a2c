/** The truth server against our own session: what it answered is what its file says, and the file said it first. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSession } from '../../server/smtp/session.client.ts';
import { loopbackTarget } from '../fake-smarthost.ts';
import { readLines } from './durable-lines.ts';
import type { Truth } from './history.ts';
import { startTruthServer, type TruthServer } from './start-truth-server.ts';
import { type AddressKind, findDotRule, toAddress, toSubject } from './truth-rules.ts';

let folder: string;
let server: TruthServer | null = null;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'postern-truth-'));
});
afterEach(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (changes: { cut?: number; refusedAtDot?: number } = {}) => {
  const file = path.join(folder, 'truth.jsonl');
  server = await startTruthServer({ file, shares: { seed: 1, cut: 0, refusedAtDot: 0, ...changes } });
  const { port } = server;
  const send = async (id: string, kinds: AddressKind[] = ['ok']) => {
    const opened = await openSession(loopbackTarget(port));
    if (!opened.ok) throw new Error(opened.failure.detail);
    const data = Buffer.from(`Subject: ${toSubject(id)}\r\n\r\n.\r\n..two\r\nend\r\n`);
    const recipients = kinds.map((kind, place) => toAddress(kind, id, place));
    const outcome = await opened.session.send({ mailFrom: 'a@example.com', recipients, data });
    const known = readLines<Truth>(file);
    await opened.session.quit();
    return { outcome, known, hash: createHash('sha256').update(data).digest('hex') };
  };
  return { send };
};

describe('the truth server', () => {
  it('takes a message, byte for byte, and has written it down before it answers', async () => {
    const { send } = await start();
    const { outcome, known, hash } = await send('m1');
    expect(outcome).toMatchObject({ sent: true, reply: { code: 250 } });
    expect(known).toEqual([{ id: 'm1', rcpt: 'ok.0.m1@truth.test', sha256: hash, verdict: 'accepted' }]);
  });

  it('refuses one recipient for good, another one the first time', async () => {
    const { send } = await start();
    const first = await send('m1', ['ok', 'no', 'grey']);
    const codes = first.outcome.recipients.map((one) => (one.accepted ? one.reply : one.failure.reply)?.code);
    expect(codes).toEqual([250, 550, 450]);
    expect(first.known.map(({ verdict }) => verdict)).toEqual(['refused', 'deferred', 'accepted']);
    const second = await send('m1', ['grey']);
    expect(second.outcome).toMatchObject({ sent: false });
    const third = await send('m1', ['ok', 'no', 'grey']);
    expect(third.known.at(-1)).toMatchObject({ rcpt: 'grey.2.m1@truth.test', verdict: 'accepted' });
  });

  it('breaks the line after the first dot, having taken the message or not, and takes it the next time', async () => {
    const { send } = await start({ cut: 1 });
    const verdicts = new Set<string>();
    for (let number = 0; number < 6; number += 1) {
      const { outcome, known } = await send(`m${number}`);
      expect(outcome).toMatchObject({ sent: false, failure: { kind: 'uncertain' } });
      verdicts.add(known.at(-1)?.verdict ?? '');
    }
    expect([...verdicts].sort()).toEqual(['accepted-cut', 'dropped-cut']);
    const again = await send('m1');
    expect(again.outcome.sent).toBe(true);
  });

  it('says no for now at the first dot where it is to', async () => {
    const { send } = await start({ refusedAtDot: 1 });
    const { outcome, known } = await send('m1');
    expect(outcome).toMatchObject({ sent: false, failure: { phase: 'dot', reply: { code: 451 } } });
    expect(known).toMatchObject([{ verdict: 'deferred' }]);
  });

  it('treats as many messages oddly as it was told, the same ones each time', () => {
    const rules = Array.from({ length: 4000 }, (_, number) =>
      findDotRule({ seed: 7, cut: 0.2, refusedAtDot: 0.1 }, `m${number}`, true),
    );
    const share = (rule: string) => rules.filter((one) => one === rule).length / rules.length;
    expect(share('accept-and-cut')).toBeCloseTo(0.1, 1);
    expect(share('drop-and-cut')).toBeCloseTo(0.1, 1);
    expect(share('defer')).toBeCloseTo(0.1, 1);
    expect(findDotRule({ seed: 7, cut: 1, refusedAtDot: 0 }, 'm1', false)).toBe('accept');
  });
});
