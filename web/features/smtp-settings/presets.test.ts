import { describe, expect, it } from 'vitest';
import { SmtpSettingsChanges } from '../../../contracts/smtp-settings.ts';
import { presets } from './presets.ts';

const servers = presets.flatMap((preset) => preset.servers.map((server) => ({ preset: preset.name, ...server })));

describe('presets', () => {
  it.each(servers)('$preset $region fills fields the API accepts', ({ fill }) => {
    expect(SmtpSettingsChanges.parse(fill)).toEqual(fill);
    expect(fill).toMatchObject({ host: expect.stringMatching(/./), port: expect.any(Number) });
  });

  it.each(servers.filter((one) => one.fill.host !== 'localhost'))(
    '$preset $region never lets a password cross unencrypted',
    ({ fill }) => {
      expect(fill.starttlsOnly === true || fill.security === 'tls').toBe(true);
      expect(fill.port).toBe(fill.starttlsOnly ? 587 : 465);
    },
  );

  it('says what each provider needs, and warns of the end of basic authentication at Microsoft', () => {
    for (const preset of presets) expect(preset.needs.length).toBeGreaterThan(0);
    expect(presets.find((one) => one.id === 'microsoft-365')?.needs.join(' ')).toContain('end of December 2026');
  });

  it('has no host and no id twice', () => {
    expect(new Set(servers.map((one) => one.fill.host)).size).toBe(servers.length);
    expect(new Set(presets.map((one) => one.id)).size).toBe(presets.length);
  });
});
