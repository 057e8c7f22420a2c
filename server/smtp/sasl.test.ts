import { describe, expect, it } from 'vitest';
import { answerCramMd5, chooseMechanisms, createExchange } from './sasl.ts';

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
    const { initial } = createExchange('PLAIN', { username: 'tim', password: 'tanstaaftanstaaf' });
    expect(Buffer.from(initial ?? '', 'base64').toString()).toBe('\0tim\0tanstaaftanstaaf');
  });

  it('says user name and password in UTF-8', () => {
    const { answers } = createExchange('LOGIN', { username: 'jörg', password: 'pä£' });
    expect(answers.map((answer) => Buffer.from(answer('') ?? '', 'base64').toString())).toEqual(['jörg', 'pä£']);
  });

  it.each([
    ['in TLS', true, ['PLAIN', 'LOGIN', 'CRAM-MD5']],
    ['in clear', false, ['CRAM-MD5', 'PLAIN', 'LOGIN']],
  ])('prefers %s', (_, isEncrypted, order) => {
    expect(chooseMechanisms(['CRAM-MD5', 'LOGIN', 'PLAIN', 'XOAUTH2'], 'automatic', isEncrypted)).toEqual(order);
  });

  it('uses nothing that is not offered and nothing but what was chosen', () => {
    expect(chooseMechanisms(['GSSAPI', 'XOAUTH2'], 'automatic', true)).toEqual([]);
    expect(chooseMechanisms(['PLAIN', 'LOGIN'], 'login', true)).toEqual(['LOGIN']);
    expect(chooseMechanisms(['PLAIN'], 'cram-md5', true)).toEqual([]);
  });
});
