import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Message, MessageSummary } from '../../contracts/message.ts';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { readCaptured, readCapturedAttachment } from '../sandbox/parse-captured.worker.ts';
import { openAcceptStore } from '../submission/accept.store.ts';
import type { AcceptOutcome, AcceptStore } from '../submission/accepted-message.ts';
import { openFoundMessages } from './found-messages.store.ts';
import { openMessageActions } from './message-actions.store.ts';
import { addMessageLogRoutes } from './message-log.routes.ts';
import { openMessageLogStore } from './message-log.store.ts';
import type { MessageChange } from './message-watch.worker.ts';
import { openOverviewStore } from './overview.store.ts';
import { dayMs, testMessage, testNow } from './test-data.ts';

const html = '<p onclick="x()">Hi <script>steal()</script></p>';

describe('the message log over HTTP', () => {
  let database: Database;
  let app: FastifyInstance;
  let now: number;
  let accepting: AcceptStore;
  let refusal: AcceptOutcome | null;
  let tell: (change: MessageChange) => void;
  beforeEach(async () => {
    now = testNow + 1000;
    refusal = null;
    const clock = { now: () => now, monotonic: () => now };
    database = await databases[0]!.open();
    accepting = openAcceptStore(database, { clock });
    app = openHttpApp({ logger: pino({ level: 'silent' }), publicUrl: 'http://127.0.0.1', listenHost: '127.0.0.1' });
    const person = { name: 'Ann', email: 'ann@example.com', role: 'operator' } as const;
    const caller = { kind: 'person', id: 'user_1', sessionId: 'ses_1', ...person } as const;
    addMessageLogRoutes(openRouter(app, { authenticate: async () => caller, authorise: () => {} }), {
      store: openMessageLogStore(database),
      found: openFoundMessages(database, clock.monotonic),
      actions: openMessageActions(database, clock),
      watch: {
        watch: (listener) => {
          tell = listener;
          return () => {};
        },
      },
      overview: openOverviewStore(database, clock),
      accept: async (submission) => refusal ?? accepting.accept(submission),
      readMail: readCaptured,
      readAttachment: readCapturedAttachment,
      clock,
    });
  });
  afterEach(async () => {
    await app.close();
    await database.close();
  });
  const get = (path: string) => app.inject({ url: `/api/v1/emails${path}`, headers: { host: '127.0.0.1' } });
  const post = (path: string, payload?: object) =>
    app.inject({
      method: 'POST',
      url: `/api/v1/emails${path}`,
      headers: { host: '127.0.0.1' },
      ...(payload && { payload }),
    });
  const patch = (path: string, payload: object) =>
    app.inject({ method: 'PATCH', url: `/api/v1/emails${path}`, headers: { host: '127.0.0.1' }, payload });
  const add = async (change: Parameters<typeof testMessage>[0] = {}): Promise<string> => {
    const message = testMessage(change);
    await accepting.accept({ messages: [message], idempotency: null });
    return message.id;
  };
  const countMessages = async () => (await get('?limit=200')).json<{ data: unknown[] }>().data.length;

  it('lists what a search finds, and names the operator that is wrong', async () => {
    await add({ subject: 'one' });
    await add({ subject: 'two' });
    const reply = await get('?q=subject:two');
    expect(reply.json<{ data: MessageSummary[] }>().data.map(({ subject }) => subject)).toEqual(['two']);
    const wrong = await get('?q=status:gone');
    expect(wrong.statusCode).toBe(422);
    expect(wrong.json()).toMatchObject({
      name: 'validation_error',
      fields: [{ path: 'q', code: 'invalid_search', message: expect.stringMatching(/^status: does not know gone/) }],
    });
  });

  it('shows a message whole', async () => {
    const recipients = [
      { address: 'ann@example.com', kind: 'to' } as const,
      { address: 'boss@example.com', kind: 'bcc' } as const,
    ];
    const id = await add({ html, attachment: '../../a.html', recipients });
    const message = (await get(`/${id}`)).json<Message>();
    expect(message).toMatchObject({
      object: 'email',
      id,
      last_event: 'queued',
      cc: [],
      bcc: ['boss@example.com'],
      reply_to: ['help@example.com'],
      text: expect.stringContaining('Hi Ann'),
      html: expect.stringContaining('Hi'),
      attachments: [{ index: 0, content_type: 'text/html' }],
    });
    expect(message).not.toHaveProperty('mailFrom');
  });

  it('answers 404 for a message that does not exist', async () => {
    const none = 'msg_00000000000000000000000000';
    for (const path of ['', '/source', '/html', '/attachments/0'])
      expect((await get(`/${none}${path}`)).statusCode).toBe(404);
    for (const path of ['cancel', 'retry', 'release', 'resend', 'mark-sent'])
      expect((await post(`/${none}/${path}`)).statusCode).toBe(404);
  });

  it('shows HTML as a document that may run and load nothing', async () => {
    const reply = await get(`/${await add({ html })}/html`);
    expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(reply.headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/);
    expect(reply.headers['x-frame-options']).toBe('SAMEORIGIN');
    expect((await get(`/${await add()}/html`)).statusCode).toBe(404);
  });

  it('gives source as text and attachments as downloads of no type', async () => {
    const id = await add({ attachment: '../../a.html' });
    const source = await get(`/${id}/source`);
    expect(source.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(source.body).toMatch(/^From: [\s\S]*Subject: Hello\r\n/);
    const file = await get(`/${id}/attachments/0`);
    expect(file.headers['content-type']).toBe('application/octet-stream');
    expect(file.headers['content-disposition']).toMatch(/^attachment; filename="[^/"]*a\.html"/);
    expect(file.body).toBe('<script>x()</script>');
    expect((await get(`/${id}/attachments/1`)).statusCode).toBe(404);
  });

  it('shows nothing of what secret mail says', async () => {
    const id = await add({ isSecret: true, html: '<p>canary</p>', attachment: 'canary.html' });
    const shown = await get(`/${id}`);
    expect(shown.json()).toMatchObject({ is_secret: true, text: null, html: null, attachments: [], reply_to: [] });
    expect(shown.body).not.toContain('canary');
    for (const path of ['/source', '/html', '/attachments/0']) {
      const reply = await get(`/${id}${path}`);
      expect(reply.statusCode).toBe(403);
      expect(reply.body).not.toContain('canary');
    }
  });

  it('says that the content is not kept any more', async () => {
    const id = await add({ html });
    await database.query.deleteFrom('content').execute();
    expect((await get(`/${id}`)).json()).toMatchObject({ text: null, html: null, cc: [] });
    expect((await get(`/${id}/source`)).statusCode).toBe(404);
    const resend = await post(`/${id}/resend`);
    expect(resend.statusCode).toBe(409);
    expect(resend.json()).toMatchObject({ message: expect.stringContaining('not kept any more') });
  });

  it('answers an action with the message as it is then, or with why it cannot be done', async () => {
    const id = await add();
    expect((await post(`/${id}/retry`)).json()).toMatchObject({ id, state: 'queued' });
    expect((await post(`/${id}/cancel`)).json()).toMatchObject({ id, state: 'cancelled', next_attempt_at: null });
    const again = await post(`/${id}/cancel`);
    expect(again.statusCode).toBe(409);
    expect(again.json()).toMatchObject({ name: 'conflict', message: expect.stringContaining('nothing to cancel') });
    const [row] = (await get(`/${id}`)).json<Message>().recipients;
    expect(row?.explanation).toBe('Cancelled by ann@example.com.');
  });

  it('sends the same content again as a new message of its own id and date, for as long as the first had', async () => {
    const tags = [{ name: 'kind', value: 'invoice' }];
    const id = await add({ html, tags, lane: 'bulk', scheduledAt: testNow + 1, expiresAt: testNow + 1 + dayMs });
    now = testNow + 10 * dayMs;
    const reply = await post(`/${id}/resend`);
    expect(reply.statusCode).toBe(200);
    const fresh = reply.json<MessageSummary>();
    expect(fresh).toMatchObject({
      state: 'queued',
      lane: 'bulk',
      tags,
      created_at: '2026-12-02T10:44:00.000Z',
      scheduled_at: null,
      expires_at: '2026-12-03T10:44:00.000Z',
    });
    expect(fresh.id).not.toBe(id);
    const before = (await get(`/${id}`)).json<Message>();
    const after = (await get(`/${fresh.id}`)).json<Message>();
    expect(after).toMatchObject({ resent_from: id, text: before.text, html: before.html, to: before.to });
    expect(after.message_id).not.toBe(before.message_id);
    const [was, is] = await Promise.all([id, fresh.id].map(async (each) => (await get(`/${each}/source`)).body));
    expect(is).toContain(`Message-ID: ${after.message_id}\r\n`);
    expect(is).toContain('Date: Wed, 02 Dec 2026 10:44:00 +0000\r\n');
    const rest = (source = '') => source.replace(/^(Message-ID|Date): .*\r\n/gm, '');
    expect(rest(is)).toBe(rest(was));
    expect(fresh.size_bytes).toBe(Buffer.byteLength(is ?? ''));
  });

  it.each([false, true])('sends again to whom it went and to nobody else (secret: %s)', async (isSecret) => {
    const id = await add({ isSecret, expiresAt: testNow + 60_000 });
    const others = { to: 'evil@example.com', cc: 'evil@example.com', bcc: ['evil@example.com'], recipients: ['x@y.z'] };
    for (const [name, value] of Object.entries({ ...others, smtp_settings: 'Other', is_secret: false })) {
      const wrong = await post(`/${id}/resend`, { [name]: value });
      expect([wrong.statusCode, wrong.json().fields]).toMatchObject([422, [{ path: name, code: 'unknown_field' }]]);
    }
    const reply = await post(`/${id}/resend`);
    expect(reply.statusCode).toBe(200);
    const fresh = (await get(`/${reply.json<MessageSummary>().id}`)).json<Message>();
    expect(fresh).toMatchObject({ resent_from: id, is_secret: isSecret, submitted_by: 'ann@example.com' });
    expect(fresh.recipients.map(({ address }) => address)).toEqual(['ann@example.com']);
    expect(fresh.message_id).not.toBe((await get(`/${id}`)).json<Message>().message_id);
  });

  it('sends again only to those whom it never reached, and to nobody where there are none', async () => {
    const states = ['sent', 'bounced', 'deferred', 'expired', 'held', 'uncertain', 'cancelled'] as const;
    const recipients = states.map((state) => ({ address: `${state}@example.com`, kind: 'to' as const }));
    const id = await add({ recipients });
    for (const [position, state] of states.entries()) {
      const row = database.query.updateTable('recipient').set({ state }).where('message_id', '=', id);
      await row.where('position', '=', position).execute();
    }
    const reply = await post(`/${id}/resend`, { only: 'unreached' });
    const fresh = (await get(`/${reply.json<MessageSummary>().id}`)).json<Message>();
    expect(fresh).toMatchObject({ resent_from: id, state: 'queued' });
    expect(fresh.recipients.map(({ address, state }) => [address, state])).toEqual([
      ['bounced@example.com', 'queued'],
      ['expired@example.com', 'queued'],
      ['cancelled@example.com', 'queued'],
    ]);
    const none = await post(`/${fresh.id}/resend`, { only: 'unreached' });
    expect([none.statusCode, none.json().message]).toEqual([409, expect.stringMatching(/^Everybody has it/)]);
    expect((await post(`/${id}/resend`, { only: 'sent' })).statusCode).toBe(422);
    expect(await countMessages()).toBe(2);
  });

  it('sends secret mail again only in its time, and never past it', async () => {
    const id = await add({ isSecret: true, expiresAt: testNow + 60_000 });
    expect((await post(`/${id}/resend`)).json()).toMatchObject({
      is_secret: true,
      expires_at: '2026-11-22T10:45:00.000Z',
    });
    now = testNow + 60_000;
    const late = await post(`/${id}/resend`);
    expect(late.statusCode).toBe(409);
    expect(late.json()).toMatchObject({ message: expect.stringContaining('time ran out') });
    expect(await countMessages()).toBe(2);
  });

  it('says when to ask again where nothing can be accepted', async () => {
    const id = await add();
    refusal = { outcome: 'unavailable', problem: 'The disk is full.' };
    const reply = await post(`/${id}/resend`);
    expect(reply.statusCode).toBe(503);
    expect(reply.headers['retry-after']).toBe('10');
    expect(reply.json()).toMatchObject({ name: 'unavailable', message: expect.stringContaining('The disk is full.') });
    expect(await countMessages()).toBe(1);
  });

  it('says what changes as it happens', async () => {
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const ended = new AbortController();
    const reply = await fetch(`${url}/api/v1/emails/events`, { signal: ended.signal });
    expect(reply.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
    await reader?.read();
    tell({ ids: ['msg_1'] });
    expect((await reader?.read())?.value).toBe('event: changed\ndata: {"ids":["msg_1"]}\n\n');
    ended.abort();
  });

  it("shows the home page's figures", async () => {
    await add();
    const reply = await app.inject({ url: '/api/v1/overview', headers: { host: '127.0.0.1' } });
    expect(reply.json()).toMatchObject({ waiting: [{ reason: 'due', count: 1, search: 'status:queued' }] });
  });

  it('does not send a test of settings again', async () => {
    const id = await add({ subject: 'Postern test: Office works', tags: [{ name: 'kind', value: 'test' }] });
    const reply = await post(`/${id}/resend`);
    expect([reply.statusCode, reply.json().message]).toEqual([409, expect.stringMatching(/^This was a test/)]);
  });

  it('marks as sent by the name of who says so', async () => {
    const id = await add();
    expect((await post(`/${id}/mark-sent`)).json()).toMatchObject({ id, state: 'sent', next_attempt_at: null });
    const { recipients } = (await get(`/${id}`)).json<Message>();
    expect(recipients[0]?.explanation).toBe('Marked as sent by ann@example.com: no server confirmed it.');
    expect((await post(`/${id}/mark-sent`)).statusCode).toBe(409);
  });

  it('gives a message another time, in any zone, or none', async () => {
    const id = await add();
    const at = new Date(now + dayMs).toISOString();
    const reply = await patch(`/${id}`, { scheduled_at: at.replace('Z', '+00:00') });
    expect(reply.json()).toMatchObject({ id, state: 'queued', scheduled_at: at, next_attempt_at: at });
    expect((await patch(`/${id}`, { scheduled_at: null })).json()).toMatchObject({
      scheduled_at: null,
      next_attempt_at: new Date(now).toISOString(),
    });
  });

  it.each([
    ['has passed', () => new Date(now).toISOString(), 422, 'in_the_past'],
    ['is more than a year away', () => new Date(now + 400 * dayMs).toISOString(), 422, 'too_late'],
    ['is no time', () => 'tomorrow', 422, undefined],
    ['lies after its end', () => new Date(now + 6 * dayMs).toISOString(), 409, undefined],
  ])('takes no time that %s', async (_, at, status, code) => {
    const id = await add();
    const reply = await patch(`/${id}`, { scheduled_at: at() });
    expect(reply.statusCode).toBe(status);
    if (code) expect(reply.json()).toMatchObject({ fields: [{ path: 'scheduled_at', code }] });
    expect((await get(`/${id}`)).json()).toMatchObject({ scheduled_at: null });
  });

  it('changes what a search finds step by step, up to a moment, and says why not the others', async () => {
    const ids = [];
    for (const [at, value] of ['b', 'b', 'b', 'a'].entries())
      ids.push(await add({ createdAt: testNow + at, tags: [{ name: 'kind', value }] }));
    await post(`/${ids[1]}/cancel`);
    const before = new Date(testNow + 1000).toISOString();
    const late = await add({ tags: [{ name: 'kind', value: 'b' }], createdAt: testNow + 1000 });
    const question = { action: 'cancel', q: 'tag:kind=b', before, limit: 2 };
    const first = (await post('/bulk', question)).json<{ cursor: string }>();
    expect(first).toEqual({
      changed: 1,
      unchanged: 1,
      reasons: [{ why: 'Nothing of this message waits any more, so there is nothing to cancel.', count: 1 }],
      cursor: ids[1],
    });
    expect((await post('/bulk', { ...question, cursor: first.cursor })).json()).toEqual({
      changed: 1,
      unchanged: 0,
      reasons: [],
      cursor: null,
    });
    const stateOf = async (id = '') => (await get(`/${id}`)).json<Message>().state;
    expect(await Promise.all([...ids, late].map(stateOf))).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
      'queued',
      'queued',
    ]);
  });

  it.each([
    [{ action: 'resend' }, 'action'],
    [{ q: 'status:gone' }, 'q'],
    [{ cursor: 'x' }, 'cursor'],
    [{ before: 'today' }, 'before'],
    [{ limit: 201 }, 'limit'],
  ])('changes nothing where the question is wrong: %j', async (change, path) => {
    const id = await add();
    const question = { action: 'cancel', q: '', before: new Date(now).toISOString(), ...change };
    const reply = await post('/bulk', question);
    expect(reply.statusCode).toBe(422);
    expect(reply.json()).toMatchObject({ fields: [{ path }] });
    expect((await get(`/${id}`)).json()).toMatchObject({ state: 'queued' });
  });

  it('takes no cursor that it did not give for the end of the list', async () => {
    const ids = [await add({ createdAt: testNow }), await add({ createdAt: testNow + 1 })];
    const { next } = (await get('?limit=1')).json<{ next: string }>();
    expect((await get(`?limit=1&cursor=${next}`)).json()).toMatchObject({ data: [{ id: ids[0] }] });
    const reply = await get('?cursor=x');
    expect([reply.statusCode, reply.json().fields[0].path]).toEqual([422, 'cursor']);
  });

  it('counts what a search finds', async () => {
    await add({ subject: 'one' });
    await add({ subject: 'two' });
    expect((await get('/count')).json()).toEqual({ count: 2, isMore: false });
    expect((await get('/count?q=subject:two')).json()).toEqual({ count: 1, isMore: false });
    expect((await get('/count?q=status:gone')).statusCode).toBe(422);
  });
});
