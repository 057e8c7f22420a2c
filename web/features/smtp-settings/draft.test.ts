import { describe, expect, it } from 'vitest';
import { SmtpSettingsChanges } from '../../../contracts/smtp-settings.ts';
import {
  applyChanges,
  changedFields,
  changesOf,
  checkDraft,
  draftOf,
  isDirty,
  newDraft,
  testBodyOf,
  whyPasswordAgain,
} from './draft.ts';
import { exampleSettings } from './test-data.ts';

const saved = exampleSettings();

describe('what leaves the browser', () => {
  it('is nothing while the form equals what is saved, spaces at the ends aside', () => {
    expect(isDirty({ ...draftOf(saved), name: ' Office ', port: ' 587 ' }, saved)).toBe(false);
    expect(changesOf(draftOf(saved), saved)).toEqual({});
  });

  it('is only the fields that changed, as the API takes them', () => {
    const changes = changesOf({ ...draftOf(saved), port: '465', fromName: '', starttlsOnly: true }, saved);
    expect(changes).toEqual({ port: 465, fromName: '', starttlsOnly: true });
    expect(SmtpSettingsChanges.parse(changes)).toEqual(changes);
  });

  it('has a password only when one was typed, and null when the saved one is to be forgotten', () => {
    expect(changesOf({ ...draftOf(saved), password: 'typed now' }, saved)).toEqual({ password: 'typed now' });
    expect(changesOf({ ...draftOf(saved), forgetPassword: true }, saved)).toEqual({ password: null });
    expect(changesOf({ ...draftOf(saved), forgetPassword: true, password: 'new' }, saved)).toEqual({ password: 'new' });
  });

  it('names changed fields in the order of the screen', () => {
    expect(changedFields({ ...draftOf(saved), ehloName: 'a.example', password: 'x', name: 'B' }, saved)).toEqual([
      'name',
      'password',
      'ehloName',
    ]);
  });

  it('lends a draft test the stored password through the id, unless it is to be forgotten', () => {
    const body = (draft = draftOf(saved)) => {
      const checked = checkDraft(draft);
      if (!checked.ok) throw new Error('the draft is good');
      return testBodyOf(draft, checked.input, saved, 'bob@example.com');
    };
    expect(body()).toMatchObject({ id: saved.id, to: 'bob@example.com', host: 'smtp.example.com' });
    expect(body()).not.toHaveProperty('password');
    expect(body({ ...draftOf(saved), forgetPassword: true })).toMatchObject({ password: null });
  });
});

describe('checking the form', () => {
  it('asks for each required field in words', () => {
    const checked = checkDraft({ ...newDraft(), port: '' });
    expect(checked).toEqual({
      ok: false,
      problems: {
        name: expect.stringContaining('name'),
        host: expect.stringContaining('host name'),
        port: expect.stringContaining('port'),
        fromEmail: expect.stringContaining('e-mail address'),
      },
    });
  });

  it.each([
    ['port', '70000'],
    ['port', '25.5'],
    ['port', 'smtp'],
    ['host', 'https://smtp.example.com'],
    ['fromEmail', 'two@example.com, three@example.com'],
    ['ehloName', 'my pc'],
    ['certificateFingerprint', 'abc'],
    ['caCertificate', 'no pem'],
    ['connectTimeoutSeconds', '0'],
    ['replyTo', 'nobody'],
  ] as const)('refuses %s = %s at that field alone', (field, value) => {
    const checked = checkDraft({ ...draftOf(saved), [field]: value });
    expect(checked.ok).toBe(false);
    if (!checked.ok) expect(Object.keys(checked.problems)).toEqual([field]);
  });

  it('asks for what another field calls for', () => {
    const problems = (change: object) => {
      const checked = checkDraft({ ...draftOf(saved), ...change });
      return checked.ok ? [] : Object.keys(checked.problems);
    };
    expect(problems({ certificateCheck: 'fingerprint' })).toEqual(['certificateFingerprint']);
    expect(problems({ certificateCheck: 'ca' })).toEqual(['caCertificate']);
    expect(problems({ username: '', password: 'x' })).toEqual(['username']);
    expect(problems({ username: '' })).toEqual([]);
  });
});

describe('asking for the password again', () => {
  const none: ReadonlySet<string> = new Set();
  const asks = (change: object, settings = saved, shown = none) =>
    whyPasswordAgain({ ...draftOf(settings), ...change }, settings, shown);

  it('does when the host changed, whatever its case or final dot', () => {
    expect(asks({ host: 'smtp.example.net' })).toBe('host');
    expect(asks({ host: 'SMTP.Example.com.' })).toBeNull();
  });

  it('does when the connection is no longer encrypted', () => {
    expect(asks({ security: 'none' })).toBe('unencrypted');
    expect(asks({ security: 'none', starttlsOnly: true })).toBeNull();
    expect(asks({ security: 'none' }, exampleSettings({ security: 'none' }))).toBeNull();
  });

  it('does not for a changed port, a typed password, no user name or nothing stored', () => {
    expect(asks({ port: '465' })).toBeNull();
    expect(asks({ host: 'other.example', password: 'typed' })).toBeNull();
    expect(asks({ host: 'other.example', username: '' })).toBeNull();
    expect(asks({ host: 'other.example' }, exampleSettings({ hasPassword: false }))).toBeNull();
    expect(whyPasswordAgain(newDraft(), null, none)).toBeNull();
  });
});

describe('asking for the password again when another certificate is trusted', () => {
  const pin = 'ab'.repeat(32);
  const asks = (change: object, settings = saved, ...shown: string[]) =>
    whyPasswordAgain({ ...draftOf(settings), ...change }, settings, new Set(shown));
  const trust = (certificateFingerprint: string) => ({ certificateCheck: 'fingerprint', certificateFingerprint });

  it('does for a fingerprint, unless a test has just shown it', () => {
    expect(asks(trust(pin))).toBe('certificate');
    expect(asks(trust(pin), saved, 'cd'.repeat(32))).toBe('certificate');
    expect(asks(trust(pin), saved, pin)).toBeNull();
    expect(asks(trust(`${pin.toUpperCase().replace(/(..)(?!$)/g, '$1:')} `), saved, pin)).toBeNull();
  });

  it('does for an own CA, and for another one than the saved', () => {
    const own = exampleSettings({ certificateCheck: 'ca', caCertificate: 'PEM A' });
    expect(asks({ certificateCheck: 'ca', caCertificate: 'PEM A' })).toBe('certificate');
    expect(asks({ caCertificate: 'PEM B' }, own)).toBe('certificate');
    expect(asks({ caCertificate: ' PEM A\n' }, own)).toBeNull();
  });

  it('does not for what is saved already, nor on the way back to the known authorities', () => {
    const pinned = exampleSettings({ certificateCheck: 'fingerprint', certificateFingerprint: pin });
    expect(asks({ port: '465' }, pinned)).toBeNull();
    expect(asks({ certificateCheck: 'verify' }, pinned)).toBeNull();
    expect(asks({ certificateFingerprint: 'cd'.repeat(32) }, pinned)).toBe('certificate');
    expect(asks({ tlsMinimum: '1.2', authMethod: 'login' }, exampleSettings({ tlsMinimum: '1.3' }))).toBeNull();
  });

  it('does not where no certificate is looked at, once the password was typed or forgotten', () => {
    expect(asks({ ...trust(pin), password: 'typed' })).toBeNull();
    expect(asks({ ...trust(pin), forgetPassword: true })).toBeNull();
  });
});

describe('a repair', () => {
  it('changes the form and names what it changed', () => {
    const { draft, fields } = applyChanges(draftOf(saved), { port: 465, security: 'tls', host: 'smtp.example.com' });
    expect(draft).toMatchObject({ port: '465', security: 'tls' });
    expect(fields).toEqual(['port', 'security']);
  });
});
