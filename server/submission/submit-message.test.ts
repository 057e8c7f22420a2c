import { beforeEach, describe, expect, it } from 'vitest';
import type { SenderSettings, SettingsDirectory } from './choose-settings.ts';
import { type Submission, type SubmitParts, submitMessage } from './submit-message.ts';
import { billing, email, type HeldStore, noTemplates, now, office, openHeldStore } from './test-data.ts';

describe('submitting', () => {
  let store: HeldStore;
  let time: number;
  let lookUps: string[];
  let known: SenderSettings[];
  let breaths: number;
  let parts: SubmitParts;
  const submit = (emails: Record<string, unknown>[], change: Partial<Submission> = {}) =>
    submitMessage(parts, {
      emails: emails.map(email),
      key: null,
      callerId: 'key key_1',
      submittedBy: 'api key shop',
      ...change,
    });
  const accepted = () => store.submissions.flatMap(({ messages }) => messages);

  beforeEach(() => {
    store = openHeldStore();
    time = now;
    lookUps = [];
    known = [office, billing];
    breaths = 0;
    const find = async (is: string, test: (settings: SenderSettings) => boolean) => {
      lookUps.push(is);
      return known.find(test) ?? null;
    };
    const settings: SettingsDirectory = {
      read: (id) => find(id, (one) => one.id === id),
      readByName: (name) => find(name, (one) => one.name === name),
      readDefault: () => find('default', () => true),
    };
    parts = {
      store,
      settings,
      templates: noTemplates,
      clock: { now: () => time, monotonic: () => time },
      breathe: async () => {
        breaths += 1;
      },
    };
  });

  it('accepts all emails of a submission in one transaction, in order, each with an id and Message-ID of its own', async () => {
    const outcome = await submit([{ subject: 'a' }, { subject: 'b' }]);
    expect(store.submissions).toHaveLength(1);
    expect(accepted().map(({ subject }) => subject)).toEqual(['a', 'b']);
    expect(outcome).toEqual({ outcome: 'accepted', ids: accepted().map(({ id }) => id) });
    expect(new Set(accepted().map(({ messageId }) => messageId)).size).toBe(2);
    expect(accepted()[0]).toMatchObject({ submittedBy: 'api key shop', createdAt: now, settingsId: null });
  });

  it('goes by the settings that are named, by id or name, and asks for each once', async () => {
    await submit([{ smtp_settings: 'Billing' }, { smtp_settings: billing.id }, {}, { smtp_settings: 'Billing' }, {}]);
    expect(accepted().map(({ settingsId }) => settingsId)).toEqual([billing.id, billing.id, null, billing.id, null]);
    expect(lookUps).toEqual(['Billing', billing.id, 'default']);
  });

  it('refuses all of a batch for one bad email, tells every fault, and nothing else happens', async () => {
    const outcome = await submit([{}, { to: 'a@1.1', cc: 'b@1.1' }, {}, { from: 'c@1.1' }]);
    expect(outcome).toMatchObject({
      outcome: 'refused',
      refusals: [
        { place: 1, problems: [{ path: 'to.0' }, { path: 'cc.0' }] },
        { place: 3, problems: [{ path: 'from' }] },
      ],
    });
    expect(store.submissions).toEqual([]);
  });

  it('says what to do when settings are unknown, or there are none at all', async () => {
    const unknown = await submit([{ smtp_settings: 'Nobody' }]);
    expect(unknown).toMatchObject({ refusals: [{ place: 0, problems: [{ path: 'smtp_settings', code: 'unknown' }] }] });
    known = [];
    const none = await submit([{}, {}]);
    expect(none).toMatchObject({
      refusals: [
        { place: 0, problems: [{ path: 'smtp_settings', code: 'none', message: expect.stringContaining('Setup') }] },
        { place: 1 },
      ],
    });
    expect(store.submissions).toEqual([]);
  });

  it('gives the same answer to the same key and body, even when a check would come out differently by now', async () => {
    const soon = { scheduled_at: new Date(now + 1000).toISOString() };
    const first = await submit([soon], { key: 'k' });
    time += 60_000;
    known = [];
    expect(await submit([soon], { key: 'k' })).toEqual({ ...first, outcome: 'repeated' });
    expect(accepted()).toHaveLength(1);
  });

  it('takes the order of fields and the defaults as the same body, anything else as a conflict', async () => {
    const first = await submit([{ to: ['a@example.com'], lane: 'normal' }], { key: 'k' });
    expect(await submit([{ to: 'a@example.com' }], { key: 'k' })).toEqual({ ...first, outcome: 'repeated' });
    expect(await submit([{ to: 'b@example.com' }], { key: 'k' })).toEqual({ outcome: 'conflict' });
    const files = (content: string) => [{ attachments: [{ filename: 'a', content }] }];
    await submit(files('YWJj'), { key: 'f' });
    expect((await submit(files('YWJj'), { key: 'f' })).outcome).toBe('repeated');
    expect((await submit(files('YWJk'), { key: 'f' })).outcome).toBe('conflict');
    expect(accepted()).toHaveLength(2);
  });

  it('keeps the keys of different callers apart', async () => {
    await submit([{}], { key: 'k' });
    expect((await submit([{ subject: 'x' }], { key: 'k', callerId: 'key key_2' })).outcome).toBe('accepted');
    expect(accepted()).toHaveLength(2);
  });

  it('accepts once when the same key comes twice at the same moment', async () => {
    const outcomes = await Promise.all([submit([{}], { key: 'k' }), submit([{}], { key: 'k' })]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['accepted', 'repeated']);
    expect(accepted()).toHaveLength(1);
  });

  it('says that it cannot accept now when the store, or what is asked before it, is away; bugs stay bugs', async () => {
    store.failWith = { outcome: 'unavailable', problem: 'The disk is full.' };
    expect(await submit([{}])).toEqual(store.failWith);
    parts = { ...parts, settings: { ...parts.settings, readDefault: () => Promise.reject({ code: 'ECONNREFUSED' }) } };
    expect(await submit([{}])).toEqual({ outcome: 'unavailable', problem: 'The database cannot be reached.' });
    parts = { ...parts, settings: { ...parts.settings, readDefault: () => Promise.reject(new TypeError('x')) } };
    await expect(submit([{}])).rejects.toThrow(TypeError);
  });

  it('lets others be served while it works on a large batch', async () => {
    const clock = { now: () => now, monotonic: () => (time += 1) };
    parts = { ...parts, clock };
    await submit(Array.from({ length: 200 }, () => ({})));
    expect(breaths).toBeGreaterThan(10);
    const ids = accepted().map(({ id }) => id);
    expect(ids).toHaveLength(200);
    expect([...ids].sort()).toEqual(ids);
  });

  it('does not list thousands of faults', async () => {
    const outcome = await submit(Array.from({ length: 1000 }, () => ({ to: 'a@1.1' })));
    expect(outcome.outcome === 'refused' && outcome.refusals).toHaveLength(100);
  });
});
