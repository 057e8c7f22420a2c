import { beforeEach, describe, expect, it } from 'vitest';
import type { SmtpSettings } from '../../contracts/smtp-settings.ts';
import { smtpSettingsDefaults } from '../../contracts/smtp-settings.ts';
import { openSendingSettings, type SendingSettingsParts } from './sending-settings.ts';

const settings = (id: string, change: Partial<SmtpSettings> = {}): SmtpSettings => ({
  ...smtpSettingsDefaults,
  id,
  name: id,
  host: 'mail.test',
  port: 587,
  fromEmail: 'hub@example.com',
  isDefault: false,
  hasPassword: true,
  passwordSetAt: null,
  managedBy: 'screen',
  lastTestedAt: null,
  lastTestOk: null,
  lastTestProblem: '',
  lastUsedAt: null,
  serverSeenAt: null,
  sizeLimitBytes: null,
  starttlsSeenAt: null,
  createdAt: '2026-11-22T12:00:00.000Z',
  updatedAt: '2026-11-22T12:00:05.000Z',
  updatedBy: 'ann@example.com',
  version: 3,
  ...change,
});

let stored: SmtpSettings[];
let password: Awaited<ReturnType<SendingSettingsParts['store']['readPassword']>>;
beforeEach(() => {
  stored = [settings('one', { isDefault: true, username: 'hub' }), settings('two')];
  password = { password: 'secret' };
});
const source = openSendingSettings({
  store: {
    list: async ({ cursor }) => {
      const at = Number(cursor ?? 0);
      return { data: stored.slice(at, at + 1), next: at + 1 < stored.length ? String(at + 1) : null };
    },
    read: async (id) => stored.find((one) => one.id === id) ?? null,
    readPassword: async () => password,
  },
  machine: () => ({ hostname: 'hub.example.com', addresses: [] }),
  remember: ({ id }) => ({ hadStarttls: () => id === 'one', note: () => {} }),
  isAddressAllowed: (address, port) => address !== '10.0.0.1' || port === 587,
});

describe('what delivery knows of SMTP settings', () => {
  it('is all of them, page by page, without a password', async () => {
    const all = await source.list();
    expect(all.map(({ id, isDefault }) => [id, isDefault])).toEqual([
      ['one', true],
      ['two', false],
    ]);
    expect(all[0]).toMatchObject({ version: 3, changedAt: Date.parse('2026-11-22T12:00:05Z'), host: 'mail.test' });
    expect(JSON.stringify(all)).not.toContain('secret');
  });

  it('is a target with delivery’s own time-outs when mail waits for it', async () => {
    const found = await source.readTarget('one');
    if (!('target' in found)) throw new Error(found.problem);
    expect(found.target).toMatchObject({
      host: 'mail.test',
      ehloName: 'hub.example.com',
      credentials: { username: 'hub', password: 'secret' },
      timeouts: { dot: 600_000 },
    });
    expect(found.target.isAddressAllowed('10.0.0.1')).toBe(true);
    expect(found.target.memory?.hadStarttls()).toBe(true);
  });

  it('is a problem where the password is missing or locked, and nothing where there is no user name', async () => {
    password = { password: null };
    expect(await source.readTarget('one')).toEqual({ problem: 'password-missing' });
    expect(await source.readTarget('two')).toMatchObject({ target: { credentials: null } });
    password = 'locked';
    expect(await source.readTarget('one')).toEqual({ problem: 'password-locked' });
    expect(await source.readTarget('three')).toEqual({ problem: 'gone' });
  });
});
