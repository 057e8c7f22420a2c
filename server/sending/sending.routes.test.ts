import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SendingState } from '../../contracts/sending.ts';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { type Caller, openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { type MailPath, openMailPath, startedAt } from '../queue/test-data.ts';
import type { PasswordKeys } from '../smtp-settings/password-key.store.ts';
import { openSmtpSettingsStore, type SmtpSettingsStore } from '../smtp-settings/smtp-settings.store.ts';
import { addSendingRoutes } from './sending.routes.ts';
import { openSendingPauses } from './sending-pause.store.ts';
import { keptMs, openSendingState, type SendingStateStore } from './sending-state.store.ts';
import { type SendingSteer, steerSending } from './steer-sending.ts';
import { settingsFields } from './test-data.ts';
import { withPauses } from './with-pauses.ts';

const caller: Caller = {
  kind: 'person',
  id: 'user_1',
  name: 'Ann',
  email: 'ann@example.com',
  role: 'operator',
  sessionId: 's',
};
const open0: SendingState = {
  is_paused: false,
  paused_by: null,
  paused_at: null,
  paused_settings: [],
  problem: null,
  alerts: [],
};

for (const { kind, open } of databases) {
  describe(`the switches of sending on ${kind}`, () => {
    let database: Database;
    let app: FastifyInstance;
    let settings: SmtpSettingsStore;
    let state: SendingStateStore;
    let steer: SendingSteer;
    let path: MailPath;
    let problem: string | null;
    /** What the worker of this node and the other nodes were told. */
    let told: string[];
    let following: Promise<void>[];
    const clock = { at: startedAt, now: () => clock.at, monotonic: () => clock.at };

    beforeEach(async () => {
      database = await open();
      clock.at = startedAt;
      problem = null;
      told = [];
      following = [];
      path = openMailPath(database);
      settings = openSmtpSettingsStore(database, {} as PasswordKeys, clock);
      const pauses = openSendingPauses(database, clock);
      const findProblem = async () => problem;
      state = openSendingState({ database, pauses, waiting: settings.waitingMail, findProblem, clock });
      steer = steerSending({
        pauses,
        state,
        worker: {
          pause: async (id) => void told.push(`pause ${id}`),
          resume: async (id) => void told.push(`resume ${id}`),
          probe: (id) => void told.push(`probe ${id}`),
          settingsChanged: () => void told.push('settings changed'),
        },
        tell: (channel, detail = '') => void told.push(`to others: ${channel} ${detail}`.trim()),
        forgetSettings: () => void told.push('settings forgotten'),
      });
      settings.watch((change) => void following.push(steer.settingsChanged(change)));
      app = openHttpApp({
        logger: pino({ level: 'silent' }),
        publicUrl: 'http://localhost:1',
        listenHost: '127.0.0.1',
      });
      addSendingRoutes(openRouter(app, { authenticate: async () => caller, authorise: () => {} }), {
        steer,
        state,
        settings,
      });
    });
    afterEach(async () => {
      await app.close();
      await database.close();
    });

    /** What follows from changes of settings is done. */
    const settled = () => Promise.all(following);
    const add = async (name: string) => {
      const outcome = await settings.create(settingsFields(name), undefined, 'ann@example.com');
      if (outcome.outcome !== 'saved') throw new Error(outcome.outcome);
      await settled();
      told.length = 0;
      return outcome.settings;
    };
    const ask = async (method: 'GET' | 'POST', at: string) => {
      const reply = await app.inject({ method, url: `/api/v1${at}`, headers: { host: 'localhost' } });
      return { status: reply.statusCode, body: reply.json() as SendingState };
    };
    const block = (settingsId: string, change: object = {}) =>
      path.delivery.setHealth({
        settingsId,
        state: 'blocked',
        code: 'sign-in',
        reason: 'relay:587 refused the sign-in.',
        since: startedAt,
        nextProbeAt: startedAt + 60_000,
        isPaused: false,
        ...change,
      });

    it('says that all is well where nothing stops mail', async () => {
      await add('Relay');
      expect(await ask('GET', '/sending')).toEqual({ status: 200, body: open0 });
    });

    it('pauses all sending with who and when, tells worker and other nodes, and keeps the first of two pauses', async () => {
      const paused = { is_paused: true, paused_by: 'ann@example.com', paused_at: new Date(startedAt).toISOString() };
      expect((await ask('POST', '/sending/pause')).body).toEqual({ ...open0, ...paused });
      expect(told).toEqual(['pause ', 'to others: sending']);
      clock.at += 1000;
      await steer.pause('', 'bob@example.com');
      expect((await ask('GET', '/sending')).body).toMatchObject(paused);
      expect((await ask('POST', '/sending/resume')).body).toEqual(open0);
      expect(told.slice(-2)).toEqual(['resume ', 'to others: sending']);
    });

    it('pauses one server; what waits for it is accepted and counted, with what names no settings where it is the default', async () => {
      const { id } = await add('Relay');
      await path.accept({ settingsId: id });
      await path.accept();
      const { body } = await ask('POST', `/smtp-settings/${id}/pause`);
      expect(body).toEqual({ ...open0, paused_settings: [{ id, name: 'Relay', waiting: 2 }] });
      await path.accept();
      expect((await ask('POST', `/smtp-settings/${id}/resume`)).body).toEqual(open0);
      expect(told).toEqual([`pause ${id}`, 'to others: sending', `resume ${id}`, 'to others: sending']);
    });

    it('gives the worker the pauses, whatever the health of a server says', async () => {
      const { id } = await add('Relay');
      await block(id, { isPaused: true });
      const store = withPauses(path.delivery, openSendingPauses(database, clock));
      const read = async () => (await store.readHealth()).map((one) => [one.settingsId, one.state, one.isPaused]);
      expect(await read()).toEqual([[id, 'blocked', false]]);
      await steer.pause(id, 'ann@example.com');
      await steer.pause('', 'ann@example.com');
      // Another node wrote its health with an old look at the pause.
      await block(id, { isPaused: false });
      expect(await read()).toEqual([
        [id, 'blocked', true],
        ['', 'ok', true],
      ]);
    });

    it('alerts once for a blocked server, with what waits for it, and not for one that is merely slow', async () => {
      const { id } = await add('Relay');
      const other = await add('Other');
      for (let count = 0; count < 3; count++) await path.accept({ settingsId: id });
      await block(id);
      await block(other.id, { state: 'slow', code: 'rate', nextProbeAt: null });
      expect((await ask('GET', '/sending')).body.alerts).toEqual([
        {
          smtp_settings: { id, name: 'Relay' },
          state: 'blocked',
          code: 'sign-in',
          reason: 'relay:587 refused the sign-in.',
          since: new Date(startedAt).toISOString(),
          next_probe_at: new Date(startedAt + 60_000).toISOString(),
          waiting: 3,
        },
      ]);
    });

    it('reads at most every five seconds', async () => {
      const { id } = await add('Relay');
      expect((await state.read()).alerts).toEqual([]);
      await block(id);
      clock.at += keptMs - 1;
      expect((await state.read()).alerts).toEqual([]);
      clock.at += 1;
      expect((await state.read()).alerts).toHaveLength(1);
    });

    it('drops the alert when the settings are changed or pass a test, and tries the server again', async () => {
      const saved = await add('Relay');
      const { id } = saved;
      const count = async () => (await state.read()).alerts.length;
      await block(id);
      expect(await count()).toBe(1);
      await settings.change(id, null, settingsFields('Relay 2'), undefined, 'ann@example.com');
      await settled();
      expect(await count()).toBe(0);
      expect(told).toEqual(['settings changed', 'to others: settings']);
      await block(id);
      state.forget();
      expect(await count()).toBe(1);
      await settings.recordTest(id, { isOk: false, problem: 'no' });
      expect(await count()).toBe(1);
      await settings.recordTest(id, { isOk: true, problem: '' });
      await settled();
      expect(await count()).toBe(0);
      expect(told.slice(2)).toEqual([`probe ${id}`, `to others: sending probe ${id}`]);
    });

    it('tells of added, changed, deleted and default settings at once, and forgets the pause of deleted ones', async () => {
      const saved = await add('Relay');
      const other = await add('Other');
      await settings.makeDefault(other.id);
      expect(told.splice(0)).toEqual(['settings changed', 'to others: settings']);
      await steer.pause(saved.id, 'ann@example.com');
      told.length = 0;
      await settings.remove(saved.id);
      expect(told.splice(0)).toEqual(['settings changed', 'to others: settings']);
      await settled();
      expect(await openSendingPauses(database, clock).read()).toEqual([]);
      // What changed nothing is told to nobody.
      await settings.remove(saved.id);
      await settings.makeDefault(saved.id);
      await settings.change(saved.id, null, settingsFields('x'), undefined, 'ann@example.com');
      expect(told).toEqual([]);
    });

    it('tries a server now, here and on the other nodes; settings that do not exist are a 404', async () => {
      const { id } = await add('Relay');
      expect((await ask('POST', `/smtp-settings/${id}/probe`)).status).toBe(200);
      expect(told.splice(0)).toEqual([`probe ${id}`, `to others: sending probe ${id}`]);
      for (const what of ['pause', 'resume', 'probe'])
        expect((await ask('POST', `/smtp-settings/smtp_0/${what}`)).status).toBe(404);
      expect(told).toEqual([]);
      expect((await state.read()).paused_settings).toEqual([]);
    });

    it('heeds what another node says', () => {
      steer.heard('sending', 'probe smtp_7');
      steer.heard('sending', '');
      steer.heard('settings', '');
      expect(told).toEqual(['probe smtp_7', 'settings changed', 'settings forgotten', 'settings changed']);
    });

    it('says why Postern itself cannot send', async () => {
      problem = 'The key is missing.';
      expect((await ask('GET', '/sending')).body.problem).toBe('The key is missing.');
    });
  });
}
