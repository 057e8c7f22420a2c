import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { composeMessage, composeStream, type OutgoingMail } from '../mime/compose.ts';
import { MailValueError } from '../mime/mail-value.ts';
import { anyMail, countRuns, seed } from '../mime/test-data.ts';
import { createDkimSigner, type DkimSigner } from './dkim.ts';
import { type DkimIdentity, writeDkimRecord } from './dkim-key.ts';

const pem = { type: 'pkcs8', format: 'pem' } as const;
const makeRsa = (modulusLength: number) =>
  generateKeyPairSync('rsa', {
    modulusLength,
    privateKeyEncoding: pem,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
const rsaKey = makeRsa(2048);
const edKey = generateKeyPairSync('ed25519').privateKey.export(pem).toString();
const rsa: DkimIdentity = { domain: 'example.com', selector: 'march', privateKey: rsaKey };
const ed25519: DkimIdentity = { domain: 'example.com', selector: '20261122', privateKey: edKey };
const records = new Map([
  ['march._domainkey.example.com', writeDkimRecord(rsaKey)],
  ['20261122._domainkey.example.com', writeDkimRecord(edKey)],
  ['s._domainkey.xn--mnchen-3ya.example', writeDkimRecord(edKey)],
]);
const resolver = async (name: string) => {
  const record = records.get(name);
  if (record) return [record.match(/.{1,255}/g) ?? []];
  throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
};

const now = new Date('2026-11-22T10:44:05Z');
const mail: OutgoingMail = {
  from: { name: 'Jörg, Accounts', address: 'hub@example.com' },
  to: [{ name: 'Ann', address: 'ann@example.com' }],
  subject: 'Your invoice for März, which has a subject that is long enough to be folded over two lines',
  text: 'Viele  Grüße \n\n.\n\n\n',
  html: '<p>Hello\t<b>there</b>  </p>',
  attachments: [{ filename: 'a.pdf', contentType: 'application/pdf', content: Buffer.alloc(100_000, 'pdf') }],
  listUnsubscribe: { url: 'https://example.com/leave/1', isOneClick: true },
  date: now,
  messageId: '<1@example.com>',
};
const verify = async (message: string) => {
  const { results } = await dkimVerify(Buffer.from(message, 'latin1'), { resolver, curTime: now, minBitLength: 1024 });
  return results.map(({ status, signingDomain, algo }) => ({ result: status.result, signingDomain, algo }));
};
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const tagOf = (field: string, tag: string) =>
  new RegExp(`[;:]\\s*${tag}=([^;]*)`).exec(field.replace(/\r\n/g, ''))?.[1]?.replace(/\s/g, '') ?? null;

describe('a DKIM signature', () => {
  const message = text(composeMessage(mail));
  let signer: DkimSigner;
  let field: string;
  beforeAll(async () => {
    signer = await createDkimSigner([rsa, ed25519]);
    field = await signer.sign(composeMessage(mail), now);
  });

  it('by RSA and one by Ed25519 are both verified', async () => {
    expect(await verify(field + message)).toEqual(
      [
        { result: 'pass', signingDomain: 'example.com', algo: 'ed25519-sha256' },
        { result: 'pass', signingDomain: 'example.com', algo: 'rsa-sha256' },
      ].sort((a, b) => field.indexOf(a.algo) - field.indexOf(b.algo)),
    );
  });

  it('names From once more than it occurs, and the fields of a list', () => {
    const names = tagOf(field, 'h')?.split(':') ?? [];
    expect(names.filter((name) => name === 'From')).toHaveLength(2);
    expect(names.filter((name) => name === 'Reply-To')).toHaveLength(1);
    expect(names).toContain('List-Unsubscribe');
    expect(names).toContain('List-Unsubscribe-Post');
    expect(tagOf(field, 'l')).toBeNull();
    expect(tagOf(field, 'c')).toBe('relaxed/relaxed');
    for (const line of field.split('\r\n')) expect(line.length).toBeLessThanOrEqual(78);
    expect(field).toMatch(/^DKIM-Signature: [^\0]*\r\n$/);
  });

  it.each<[string, (message: string) => string]>([
    ['another From', (whole) => whole.replace(/^From:/m, 'From: eve@evil.example\r\nFrom:')],
    ['a From at the end', (whole) => whole.replace('\r\nMIME-', '\r\nFrom: eve@evil.example\r\nMIME-')],
    ['a Reply-To', (whole) => whole.replace(/^From:/m, 'Reply-To: eve@evil.example\r\nFrom:')],
    ['a Cc', (whole) => whole.replace(/^From:/m, 'Cc: eve@evil.example\r\nFrom:')],
    ['another subject', (whole) => whole.replace('Your invoice', 'My invoice')],
    ['another recipient in To', (whole) => whole.replace('ann@example.com', 'eve@example.com')],
    ['another address to leave', (whole) => whole.replace('/leave/1', '/leave/2')],
    ['more body', (whole) => `${whole}x\r\n`],
    ['another body', (whole) => whole.replace('cGRmcGRm', 'cGRmcGRn')],
  ])('does not survive %s', async (_, change) => {
    const changed = change(message);
    expect(changed).not.toBe(message);
    for (const { result } of await verify(field + changed)) expect(result).not.toBe('pass');
  });

  it('survives white space that servers change', async () => {
    const changed = message
      .replace('Subject: Your invoice', 'Subject:   Your  invoice')
      .replace('MIME-Version', 'mime-version');
    for (const { result } of await verify(`${field}${changed}\r\n\r\n`)) expect(result).toBe('pass');
  });

  it('is the same over a message that comes in chunks, however it is cut', async () => {
    expect(await signer.sign(composeStream(mail).chunks, now)).toBe(field);
    const bytes = composeMessage({ ...mail, attachments: [] });
    const whole = await signer.sign(bytes, now);
    for (const size of [1, 2, 3, 61, 997]) {
      const cut = async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      };
      expect(await signer.sign(cut(), now), `chunks of ${size}`).toBe(whole);
    }
  });

  it('is verified over whatever a mail holds', { timeout: 600_000 }, async () => {
    for (const any of fc.sample(anyMail, { numRuns: countRuns(100, 10_000), seed })) {
      const bytes = composeMessage(any);
      const results = await verify((await signer.sign(bytes, now)) + text(bytes));
      expect(
        results.map(({ result }) => result),
        any.subject,
      ).toEqual(['pass', 'pass']);
    }
  });

  it('covers both of a field that stands twice', async () => {
    const twice = message.replace('MIME-Version', 'List-Id: <a.example>\r\nList-Id: <b.example>\r\nMIME-Version');
    const signature = await signer.sign(Buffer.from(twice, 'latin1'), now);
    for (const { result } of await verify(signature + twice)) expect(result).toBe('pass');
    for (const { result } of await verify(signature + twice.replace('b.example', 'c.example')))
      expect(result).not.toBe('pass');
  });

  it('needs a header that ends', async () => {
    await expect(signer.sign(Buffer.from('From: a@example.com\r\n'), now)).rejects.toThrow('empty line');
  });

  it('leaves out what the server on the way writes anew, but never From', async () => {
    const kind = await createDkimSigner([{ ...ed25519, leaveOut: ['message-id', 'DATE', 'from'] }]);
    const signature = await kind.sign(composeMessage(mail), now);
    expect(tagOf(signature, 'h')?.toLowerCase()).not.toMatch(/message-id|date/);
    expect(tagOf(signature, 'h')).toMatch(/^From:From:/);
    const changed = message
      .replace('<1@example.com>', '<2@ses.example>')
      .replace(/^Date: .*$/m, 'Date: Sun, 22 Nov 2026 10:50:00 +0000');
    expect(await verify(signature + changed)).toMatchObject([{ result: 'pass' }]);
  });

  it('says when it was made and until when it counts', async () => {
    const brief = await createDkimSigner([{ ...ed25519, lifetimeSeconds: 3600 }]);
    const signature = await brief.sign(composeMessage(mail), now);
    const seconds = now.getTime() / 1000;
    expect(tagOf(signature, 't')).toBe(String(seconds));
    expect(tagOf(signature, 'x')).toBe(String(seconds + 3600));
    expect(tagOf(field, 'x')).toBeNull();
  });

  it('writes an internationalised domain as A-labels', async () => {
    const foreign = await createDkimSigner([{ ...ed25519, domain: 'münchen.example', selector: 's' }]);
    const signature = await foreign.sign(composeMessage(mail), now);
    expect(tagOf(signature, 'd')).toBe('xn--mnchen-3ya.example');
    expect(await verify(signature + message)).toMatchObject([{ result: 'pass' }]);
  });
});

describe('a DKIM identity is refused with its field:', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pem).toString();
  const locked = generateKeyPairSync('ed25519')
    .privateKey.export({ ...pem, cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString();
  it.each<[string, Partial<DkimIdentity>, string]>([
    ['domain', { domain: 'example.com; h=x' }, ''],
    ['domain', { domain: 'a\r\nb' }, ''],
    ['selector', { selector: 'a b' }, ''],
    ['selector', { selector: '' }, ''],
    ['privateKey', { privateKey: 'hunter2' }, 'hunter2'],
    ['privateKey', { privateKey: ec }, ec.slice(40, 60)],
    ['privateKey', { privateKey: locked }, locked.slice(50, 70)],
    ['privateKey', { privateKey: makeRsa(512) }, 'BEGIN'],
  ])('%s', async (name, change, secret) => {
    const refusal = await createDkimSigner([{ ...rsa, ...change }]).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(MailValueError);
    expect((refusal as MailValueError).field).toBe(name);
    if (secret !== '') expect((refusal as MailValueError).message).not.toContain(secret);
  });
});
