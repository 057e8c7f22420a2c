import { describe, expect, it } from 'vitest';
import { composeMessage, type OutgoingMail } from './compose.ts';
import type { ListUnsubscribe } from './list-unsubscribe.ts';
import { MailValueError } from './mail-value.ts';

const write = (mail: Partial<OutgoingMail>) =>
  Buffer.from(
    composeMessage({
      from: { address: 'hub@example.com' },
      to: [{ address: 'ann@example.com' }],
      subject: 'News',
      date: new Date(0),
      messageId: '<1@example.com>',
      ...mail,
    }),
  ).toString();
const refusedFieldOf = (mail: Partial<OutgoingMail>): string => {
  try {
    write(mail);
  } catch (error) {
    if (error instanceof MailValueError) return error.field;
  }
  throw new Error('was not refused');
};
const url = 'https://example.com/leave?list=1&who=5%2C6';

describe('a list that can be left', () => {
  it.each<[string, ListUnsubscribe, string]>([
    ['by one click', { url, isOneClick: true }, `<${url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n`],
    ['by a page', { url }, `<${url}>\r\nMIME`],
    [
      'by mail',
      { mailto: 'leave@example.com?subject=leave%205' },
      '<mailto:leave@example.com?subject=leave%205>\r\nMIME',
    ],
    [
      'by both',
      { url: 'https://a.example/', mailto: 'leave@münchen.example' },
      '<https://a.example/>, <mailto:leave@xn--mnchen-3ya.example>\r\nMIME',
    ],
  ])('%s', (_, listUnsubscribe, expected) => {
    expect(write({ listUnsubscribe }).replace(/\r\n /g, ' ')).toContain(`\r\nList-Unsubscribe: ${expected}`);
  });

  it('keeps a long address whole on its line', () => {
    const long = `https://example.com/${'x'.repeat(870)}`;
    const message = write({ listUnsubscribe: { url: long } });
    expect(message).toContain(`<${long}>\r\n`);
    for (const line of message.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998);
  });

  it.each<[string, ListUnsubscribe]>([
    ['listUnsubscribe', {}],
    ['listUnsubscribe.isOneClick', { isOneClick: true, mailto: 'a@example.com' }],
    ['listUnsubscribe.url', { url: 'http://example.com/' }],
    ['listUnsubscribe.url', { url: 'javascript:alert(1)' }],
    ['listUnsubscribe.url', { url: 'https://' }],
    ['listUnsubscribe.url', { url: 'https://example.com/a b' }],
    ['listUnsubscribe.url', { url: 'https://example.com/>, <mailto:eve@evil.example' }],
    ['listUnsubscribe.url', { url: 'https://example.com/a,b' }],
    ['listUnsubscribe.url', { url: 'https://example.com/(a)' }],
    ['listUnsubscribe.url', { url: 'https://example.com/ä' }],
    ['listUnsubscribe.url', { url: `https://example.com/${'x'.repeat(900)}` }],
    ['listUnsubscribe.mailto', { mailto: 'mailto:a@example.com' }],
    ['listUnsubscribe.mailto', { mailto: 'a@example.com,eve@evil.example' }],
    ['listUnsubscribe.mailto', { mailto: 'a%2Ceve@example.com' }],
    ['listUnsubscribe.mailto', { mailto: 'jörg@example.com' }],
    ['listUnsubscribe.mailto', { mailto: 'a@example.com?subject=a?b>' }],
  ])('is refused as %s %j', (field, listUnsubscribe) => {
    expect(refusedFieldOf({ listUnsubscribe })).toMatch(new RegExp(`^${field.replace('.', '\\.')}`));
  });
});

describe('the same as header fields of the caller', () => {
  const leave = { name: 'List-Unsubscribe', value: `<mailto:a@example.com>, <${url}>` };
  const post = { name: 'list-unsubscribe-post', value: 'List-Unsubscribe=One-Click' };

  it('is written as given, in either order', () => {
    for (const headers of [
      [leave, post],
      [post, leave],
    ]) {
      expect(write({ headers })).toContain('list-unsubscribe-post: List-Unsubscribe=One-Click\r\n');
    }
  });

  it.each([
    ['one click without a list to leave', [post]],
    ['one click with an address for mail alone', [{ ...leave, value: '<mailto:a@example.com>' }, post]],
    ['one click to an http address', [{ ...leave, value: '<http://example.com/>' }, post]],
    ['another word than One-Click', [leave, { ...post, value: 'yes' }]],
    ['an address without brackets', [{ ...leave, value: url }]],
    ['an address of another kind', [{ ...leave, value: '<ftp://example.com/>' }]],
    ['nothing', [{ ...leave, value: '' }]],
    ['something behind the brackets', [{ ...leave, value: `<${url}> x` }]],
  ])('is refused with %s', (_, headers) => {
    expect(refusedFieldOf({ headers })).toMatch(/^headers\.\d\.value$/);
  });

  it('is refused when it stands twice', () => {
    expect(refusedFieldOf({ headers: [leave, { ...leave, name: 'LIST-UNSUBSCRIBE' }] })).toBe('headers.1.name');
    expect(refusedFieldOf({ headers: [leave], listUnsubscribe: { url } })).toBe('listUnsubscribe');
  });
});
