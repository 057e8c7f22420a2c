import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { type Caller, openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { addRetentionRoutes } from './retention.routes.ts';
import { openRetentionStore } from './retention.store.ts';

const caller: Caller = {
  kind: 'person',
  id: 'user_1',
  name: 'Ann',
  email: 'ann@example.com',
  role: 'administrator',
  sessionId: 's',
};

for (const { kind, open } of databases) {
  describe(`how long mail is kept, over HTTP on ${kind}`, () => {
    let database: Database;
    let app: FastifyInstance;
    let changes: number;
    beforeEach(async () => {
      database = await open();
      changes = 0;
      app = openHttpApp({
        logger: pino({ level: 'silent' }),
        publicUrl: 'http://localhost:1',
        listenHost: '127.0.0.1',
      });
      addRetentionRoutes(openRouter(app, { authenticate: async () => caller, authorise: () => {} }), {
        store: openRetentionStore(database),
        onChange: () => {
          changes += 1;
        },
      });
    });
    afterEach(async () => {
      await app.close();
      await database.close();
    });
    const ask = async (method: 'GET' | 'PATCH', payload?: object) => {
      const options = { method, url: '/api/v1/retention', headers: { host: 'localhost' } } as const;
      const reply = await app.inject({ ...options, ...(payload && { payload }) });
      return { status: reply.statusCode, body: reply.json() };
    };

    const good: [change: object, after: object][] = [
      [{ body_days: 7 }, { body_days: 7, message_days: 365 }],
      [{ message_days: 30 }, { body_days: 30, message_days: 30 }],
      [{ body_days: null }, { body_days: null, message_days: 365 }],
      [{ message_days: null }, { body_days: 30, message_days: null }],
      [
        { body_days: 400, message_days: 3650 },
        { body_days: 400, message_days: 3650 },
      ],
      [{}, { body_days: 30, message_days: 365 }],
    ];
    it.each(good)('takes %j, keeps the rest, and deletes by it from now on', async (change, after) => {
      expect(await ask('PATCH', change)).toEqual({ status: 200, body: after });
      expect(await ask('GET')).toEqual({ status: 200, body: after });
      expect(changes).toBe(1);
    });

    const bad: [change: object, field: string][] = [
      [{ body_days: 366 }, 'body_days'],
      [{ message_days: 29 }, 'message_days'],
      [{ body_days: 20, message_days: 10 }, 'body_days'],
      [{ body_days: 0 }, 'body_days'],
      [{ message_days: 3651 }, 'message_days'],
      [{ body_days: 1.5 }, 'body_days'],
      [{ days: 1 }, 'days'],
    ];
    it.each(bad)('refuses %j and names %s; nothing changes', async (change, field) => {
      const { status, body } = await ask('PATCH', change);
      expect(status).toBe(422);
      expect(body.fields.map((one: { path: string }) => one.path)).toEqual([field]);
      expect((await ask('GET')).body).toEqual({ body_days: 30, message_days: 365 });
      expect(changes).toBe(0);
    });
  });
}
