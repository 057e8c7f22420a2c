import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import { testMessage } from '../message-log/test-data.ts';
import { type KeyRing, toSecretKey } from '../platform/secret-box.ts';
import { openAcceptStore } from './accept.store.ts';
import type { AcceptedMessage, AcceptedSubmission } from './accepted-message.ts';
import { resealSecretContent } from './secret-content.store.ts';
import { isSealed, openContent, sealingSecrets } from './secret-content.ts';

const ring = (): KeyRing => ({ current: toSecretKey(randomBytes(32)), previous: [] });
const canary = 'https://postern.example/password-reset#kanarienvogel';
const secret = (id: string, more: Partial<AcceptedMessage> = {}) => {
  const bytes = Buffer.concat([Buffer.from(`Subject: x\r\n\r\n${canary}\r\n`), Buffer.from([0, 128, 255])]);
  return testMessage({ id, isSecret: true, content: { bytes, parts: null, blobs: [] }, ...more });
};

describe('secret mail', () => {
  const seal = async (message: AcceptedMessage, keys: { ringFor: () => Promise<KeyRing | null> }) => {
    let stored: AcceptedSubmission | undefined;
    const accept = async (submission: AcceptedSubmission) => {
      stored = submission;
      return { outcome: 'accepted' as const, ids: [] };
    };
    const store = sealingSecrets({ accept, findRepeat: async () => null }, keys);
    const outcome = await store.accept({ messages: [message], idempotency: null });
    return { outcome: outcome.outcome, content: stored?.messages[0]?.content };
  };

  it('is sealed as a whole, attachments too, and opens to the same bytes for its own message alone', async () => {
    const [one, other] = [ring(), ring()];
    const blob = { hash: 'a'.repeat(64), bytes: Buffer.from('YXR0YWNoZWQ=\r\n') };
    const content = { bytes: Buffer.from(`head ${canary} tail`), parts: [[0, 5], blob.hash, [5, 62]], blobs: [blob] };
    const sealed = await seal(secret('msg_1', { content: content as never }), { ringFor: async () => one });
    expect([sealed.content?.parts, sealed.content?.blobs]).toEqual([null, []]);
    expect(isSealed(sealed.content!)).toBe(true);
    expect(Buffer.from(sealed.content!.bytes).includes('kanarien')).toBe(false);
    const opened = await openContent({ ringFor: async () => one }, 'msg_1', sealed.content!);
    expect(Buffer.from(opened.bytes).toString()).toBe(`head ${blob.bytes.toString()}${canary} tail`);
    await expect(openContent({ ringFor: async () => one }, 'msg_2', sealed.content!)).rejects.toThrow('key');
    await expect(openContent({ ringFor: async () => other }, 'msg_1', sealed.content!)).rejects.toThrow('key');
  });

  it('is not accepted while there is no key, and other mail is left as it is', async () => {
    const none = { ringFor: async () => null };
    expect(await seal(secret('msg_1'), none)).toEqual({ outcome: 'unavailable', content: undefined });
    const plain = secret('msg_1', { isSecret: false });
    expect((await seal(plain, none)).content).toBe(plain.content);
    expect(await openContent(none, 'msg_1', plain.content)).toBe(plain.content);
  });
});

for (const { kind, open } of databases) {
  describe(`secret mail on ${kind}`, () => {
    it('keeps every byte in the database and is sealed anew by a rotation', async () => {
      const database = await open();
      const [old, next] = [ring(), ring()];
      const clock = { now: () => 1_800_000_000_000, monotonic: () => 0 };
      const store = sealingSecrets(openAcceptStore(database, { clock }), { ringFor: async () => old });
      const waits = `msg_${'0'.repeat(26)}`;
      expect((await store.accept({ messages: [secret(waits)], idempotency: null })).outcome).toBe('accepted');
      const read = async (id: string) =>
        (await database.query.selectFrom('content').select('bytes').where('message_id', '=', id).executeTakeFirst())
          ?.bytes;
      expect(Buffer.from((await read(waits))!).includes('kanarien')).toBe(false);

      await database.query.transaction().execute((trx) => resealSecretContent(trx, old, next));
      const content = { bytes: (await read(waits))!, parts: null, blobs: [] };
      await expect(openContent({ ringFor: async () => old }, waits, content)).rejects.toThrow('key');
      const opened = await openContent({ ringFor: async () => next }, waits, content);
      expect(Buffer.from(opened.bytes)).toEqual(Buffer.from(secret(waits).content.bytes));

      await database.close();
    });
  });
}
