import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { answerCramMd5, chooseMechanisms, createExchange } from './sasl.ts';
import { createScram } from './scram.ts';

const context = { host: 'mail.example.com', port: 587 };
const decode = (text: string | null) => Buffer.from(text ?? '', 'base64').toString();
const encode = (text: string) => Buffer.from(text).toString('base64');

describe('SASL', () => {
  it('answers the CRAM-MD5 example of RFC 2195', () => {
    const challenge = 'PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+';
    const answer = answerCramMd5(challenge, { username: 'tim', password: 'tanstaaftanstaaf' });
    expect(answer).toBe('dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw');
  });

  it('gives up on a CRAM-MD5 challenge that is none', () => {
    for (const challenge of ['', '   ', 'not base64!']) {
      expect(answerCramMd5(challenge, { username: 'u', password: 'p' })).toBeNull();
    }
  });

  it('says PLAIN as the example of RFC 4616 does', () => {
    const { initial } = createExchange('PLAIN', { username: 'tim', password: 'tanstaaftanstaaf' }, context);
    expect(Buffer.from(initial ?? '', 'base64').toString()).toBe('\0tim\0tanstaaftanstaaf');
  });

  it('says user name and password in UTF-8', () => {
    const { initial, respond } = createExchange('LOGIN', { username: 'jörg', password: 'pä£' }, context);
    expect(initial).toBeNull();
    expect([respond('x'), respond('y')].map((answer) => decode(answer as string))).toEqual(['jörg', 'pä£']);
    expect(respond('z')).toBeNull();
  });

  it.each([
    ['in TLS', { isEncrypted: true }, ['SCRAM-SHA-256', 'PLAIN', 'LOGIN', 'CRAM-MD5']],
    [
      'bound to TLS',
      { isEncrypted: true, canBind: true },
      ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'PLAIN', 'LOGIN', 'CRAM-MD5'],
    ],
    ['in clear', { isEncrypted: false }, ['SCRAM-SHA-256', 'CRAM-MD5', 'PLAIN', 'LOGIN']],
    ['with a token', { isEncrypted: true, hasToken: true }, ['OAUTHBEARER', 'XOAUTH2']],
  ])('prefers %s', (_, choice, order) => {
    const offered = [
      'CRAM-MD5',
      'LOGIN',
      'PLAIN',
      'XOAUTH2',
      'OAUTHBEARER',
      'SCRAM-SHA-256',
      'SCRAM-SHA-256-PLUS',
      'NTLM',
    ];
    expect(chooseMechanisms(offered, 'automatic', choice)).toEqual(order);
  });

  it('uses nothing that is not offered and nothing but what was chosen', () => {
    const choice = { isEncrypted: true };
    expect(chooseMechanisms(['GSSAPI', 'XOAUTH2'], 'automatic', choice)).toEqual([]);
    expect(chooseMechanisms(['PLAIN', 'LOGIN'], 'login', choice)).toEqual(['LOGIN']);
    expect(chooseMechanisms(['PLAIN'], 'cram-md5', choice)).toEqual([]);
    expect(chooseMechanisms(['PLAIN', 'XOAUTH2'], 'automatic', { ...choice, hasToken: true })).toEqual(['XOAUTH2']);
    const both = ['SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS', 'PLAIN'];
    expect(chooseMechanisms(both, 'scram-sha-256', { ...choice, canBind: true })).toHaveLength(2);
  });

  it('says a token as RFC 7628 and XOAUTH2 want it, and answers their error', () => {
    const credentials = { username: 'user,=@example.com', accessToken: 'ya29.t' };
    const bearer = createExchange('OAUTHBEARER', credentials, context);
    expect(decode(bearer.initial)).toBe(
      'n,a=user=2C=3D@example.com,\x01host=mail.example.com\x01port=587\x01auth=Bearer ya29.t\x01\x01',
    );
    expect(decode(bearer.respond(encode('{"status":"invalid_token"}')) as string)).toBe('\x01');
    const xoauth2 = createExchange('XOAUTH2', credentials, context);
    expect(decode(xoauth2.initial)).toBe('user=user,=@example.com\x01auth=Bearer ya29.t\x01\x01');
    expect(xoauth2.respond(encode('{"status":"401"}'))).toBe('');
    expect(xoauth2.respond('')).toBeNull();
  });
});

describe('SCRAM-SHA-256', () => {
  const credentials = { username: 'user', password: 'pencil' };
  const nonce = 'rOprNGfwEbeRWgbNEkqO';
  const full = `${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`;
  const first = `r=${full},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
  const start = () => createScram(credentials, false, null, nonce);

  it('says what the example of RFC 7677 says', async () => {
    const scram = start();
    expect(decode(scram.initial)).toBe(`n,,n=user,r=${nonce}`);
    expect(scram.hasSaidSecret()).toBe(false);
    expect(decode(await scram.respond(encode(first)))).toBe(
      `c=biws,r=${full},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    );
    expect([scram.hasSaidSecret(), scram.isProven()]).toEqual([true, false]);
    expect(await scram.respond(encode('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='))).toBe('');
    expect(scram.isProven()).toBe(true);
  });

  it('believes no server that does not know the password', async () => {
    for (const final of ['v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=', 'v=', '', 'v=6rri']) {
      const scram = start();
      await scram.respond(encode(first));
      expect(await scram.respond(encode(final))).toBeNull();
      expect(scram.isProven()).toBe(false);
    }
  });

  it.each([
    ['another nonce', `r=other${full},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`],
    ['our nonce alone', `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`],
    ['too little work', `r=${full},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1`],
    ['more work than is reasonable', `r=${full},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=9999999`],
    ['an extension that must be understood', `m=x,${first}`],
    ['nothing', ''],
  ])('says nothing of the password to %s', async (_, challenge) => {
    expect(await start().respond(encode(challenge))).toBeNull();
  });

  it('names the TLS connection where it can, and says so where the server does not offer it', async () => {
    const binding = Buffer.alloc(32, 7);
    expect(decode(createScram(credentials, false, binding, nonce).initial)).toMatch(/^y,,/);
    const plus = createScram(credentials, true, binding, nonce);
    expect(decode(plus.initial)).toMatch(/^p=tls-exporter,,/);
    const final = decode(await plus.respond(encode(first)));
    const bound = Buffer.concat([Buffer.from('p=tls-exporter,,'), binding]).toString('base64');
    expect(final).toContain(`c=${bound},r=${full},p=`);
    // The proof, worked out here anew from RFC 5802 §3.
    const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
    const salted = pbkdf2Sync('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), 4096, 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const signed = `n=user,r=${nonce},${first},c=${bound},r=${full}`;
    const mask = hmac(createHash('sha256').update(clientKey).digest(), signed);
    const proof = Buffer.from(clientKey.map((byte, place) => byte ^ (mask[place] as number)));
    expect(final.split(',p=')[1]).toBe(proof.toString('base64'));
  });
});
