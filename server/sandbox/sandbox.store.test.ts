import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openPasswordKeys } from '../smtp-settings/password-key.store.ts';
import { type CapturedMessage, openSandboxStore, type SandboxEvent, type SandboxStore } from './sandbox.store.ts';
import { type CapturedSecrets, openCapturedSecrets } from './secret-capture.store.ts';

const message = (change: Partial<CapturedMessage> = {}): CapturedMessage => ({
  mailFrom: 'hub@example.com',
  recipients: ['ann@example.com', 'bob@example.org'],
  from: 'Hub <hub@example.com>',
  subject: 'Hello',
  messageId: '<1@example.com>',
  attachmentCount: 1,
  ehloName: 'app.example',
  remoteAddress: '127.0.0.1',
  source: Buffer.from('Subject: Hello\r\n\r\nHi'),
  ...change,
});
const page = { filter: '', cursor: undefined, limit: 50 };

for (const { kind, open } of databases) {
  describe(`the sandbox store on ${kind}`, () => {
    let database: Database;
    let store: SandboxStore;
    let secrets: CapturedSecrets;
    const now = Date.parse('2026-11-22T10:44:00Z');
    const clock = { now: () => now, monotonic: () => 0 };
    beforeEach(async () => {
      database = await open();
      const place = { dataFolder: '/nonexistent', secretKey: randomBytes(32) };
      secrets = openCapturedSecrets(database, await openPasswordKeys(database, place, clock));
      store = openSandboxStore(database, clock, secrets);
    });
    afterEach(() => database.close());
    const subjects = async (filter = '') => (await store.list({ ...page, filter })).data.map(({ subject }) => subject);

    it('gives back what came, byte for byte', async () => {
      const source = Buffer.from(Array.from({ length: 1000 }, (_, place) => place % 256));
      const summary = await store.add(message({ source }));
      expect(summary).toEqual({
        id: expect.stringMatching(/^box_[0-9a-z]{26}$/),
        mailFrom: 'hub@example.com',
        recipients: ['ann@example.com', 'bob@example.org'],
        from: 'Hub <hub@example.com>',
        subject: 'Hello',
        sizeBytes: 1000,
        attachmentCount: 1,
        receivedAt: '2026-11-22T10:44:00.000Z',
      });
      const read = await store.read(summary.id);
      expect(read).toMatchObject({ summary, ehloName: 'app.example', remoteAddress: '127.0.0.1' });
      expect(Buffer.from(read?.source ?? []).equals(source)).toBe(true);
    });

    it('lists the newest first, also those of one millisecond, page by page', async () => {
      for (const subject of ['1', '2', '3', '4', '5']) await store.add(message({ subject }));
      const first = await store.list({ ...page, limit: 2 });
      const second = await store.list({ ...page, limit: 2, cursor: first.next ?? '' });
      const third = await store.list({ ...page, limit: 2, cursor: second.next ?? '' });
      expect([first, second, third].map(({ data }) => data.map(({ subject }) => subject))).toEqual([
        ['5', '4'],
        ['3', '2'],
        ['1'],
      ]);
      expect(third.next).toBeNull();
    });

    it('finds subjects and addresses, whatever their case, and takes % and _ as they are', async () => {
      await store.add(message({ subject: 'Straße 100%' }));
      await store.add(message({ subject: 'other', recipients: ['Zoe@example.net'] }));
      expect(await subjects('STRASSE')).toEqual([]);
      expect(await subjects('straße')).toEqual(['Straße 100%']);
      expect(await subjects('zoe@')).toEqual(['other']);
      expect(await subjects('0%')).toEqual(['Straße 100%']);
      expect(await subjects('_')).toEqual([]);
    });

    it('takes control characters in what a client said', async () => {
      const { id } = await store.add(message({ subject: 'a\u0000b\ud800', recipients: ['x\u0000@example.com'] }));
      expect((await store.read(id))?.summary).toMatchObject({
        subject: 'a\uFFFDb\uFFFD',
        recipients: ['x\uFFFD@example.com'],
      });
    });

    it('drops the oldest when there are too many messages or bytes, and says so', async () => {
      const events: SandboxEvent[] = [];
      store = openSandboxStore(database, clock, secrets, { messages: 3, bytes: 5000 });
      const { id } = await store.add(message({ subject: '1' }));
      for (const subject of ['2', '3']) await store.add(message({ subject }));
      store.watch((event) => events.push(event));
      const fourth = await store.add(message({ subject: '4' }));
      expect(await subjects()).toEqual(['4', '3', '2']);
      expect(events).toEqual([
        { event: 'message', data: fourth },
        { event: 'deleted', data: { id } },
      ]);
      await store.add(message({ subject: '5', source: Buffer.alloc(4990) }));
      expect(await subjects()).toEqual(['5']);
      await store.add(message({ subject: 'larger than all there is room for', source: Buffer.alloc(6000) }));
      expect(await subjects()).toEqual(['larger than all there is room for']);
    });

    it('deletes one or all, and tells those who watch until they stop', async () => {
      const events: SandboxEvent[] = [];
      const stop = store.watch((event) => events.push(event));
      const { id } = await store.add(message());
      await store.add(message());
      expect(await store.remove(id)).toBe(true);
      expect(await store.remove(id)).toBe(false);
      expect(await store.read(id)).toBeNull();
      expect(await store.count()).toBe(1);
      await store.removeAll();
      expect(await store.count()).toBe(0);
      stop();
      await store.add(message());
      expect(events.map(({ event, data }) => [event, 'subject' in data ? data.subject : data])).toEqual([
        ['message', 'Hello'],
        ['message', 'Hello'],
        ['deleted', { id }],
        ['deleted', {}],
      ]);
    });
  });
}
