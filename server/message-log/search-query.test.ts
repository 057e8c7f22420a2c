import { describe, expect, it } from 'vitest';
import { parseSearch } from './search-query.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const terms = (text: string) => {
  const parsed = parseSearch(text, now);
  return parsed.ok ? parsed.terms : expect.unreachable(parsed.problems[0]?.message);
};
const fault = (text: string) => {
  const parsed = parseSearch(text, now);
  return parsed.ok ? expect.unreachable('no fault') : parsed.problems.map(({ message }) => message).join('\n');
};

describe('a search of the message log', () => {
  it.each([
    ['', []],
    ['   ', []],
    ['to:ann@example.com', [{ operator: 'to', value: 'ann@example.com' }]],
    ['TO:*@Example.com', [{ operator: 'to', value: '*@Example.com' }]],
    ['from:billing', [{ operator: 'from', value: 'billing' }]],
    ['subject:"past due"', [{ operator: 'subject', value: 'past due' }]],
    ['status:bounced', [{ operator: 'status', states: ['bounced'], value: 'bounced' }]],
    ['status:retry', [{ operator: 'status', states: ['deferred', 'uncertain'], value: 'retry' }]],
    ['status:Failed', [{ operator: 'status', states: ['bounced', 'expired'], value: 'failed' }]],
    ['tag:kind', [{ operator: 'tag', name: 'kind', value: null }]],
    ['template:welcome', [{ operator: 'tag', name: 'template', value: 'welcome' }]],
    ['account:"47 11"', [{ operator: 'tag', name: 'account', value: '47 11' }]],
    ['tag:kind=a=b', [{ operator: 'tag', name: 'kind', value: 'a=b' }]],
    ['template:invoice', [{ operator: 'tag', name: 'template', value: 'invoice' }]],
    ['settings:"Mail server"', [{ operator: 'settings', value: 'Mail server' }]],
    ['has:attachments', [{ operator: 'has', value: 'attachment' }]],
    ['after:2026-11-01', [{ operator: 'after', at: Date.parse('2026-11-01T00:00:00Z'), text: '2026-11-01' }]],
    [
      'before:2026-11-01T08:30+01:00',
      [{ operator: 'before', at: Date.parse('2026-11-01T07:30:00Z'), text: '2026-11-01T08:30+01:00' }],
    ],
    ['after:24h', [{ operator: 'after', at: now - 86_400_000, text: '24h' }]],
    ['"INV-1042 is due"', [{ operator: 'words', value: 'INV-1042 is due' }]],
    [
      'Re: 12:30 http://example.com',
      ['Re:', '12:30', 'http://example.com'].map((value) => ({ operator: 'words', value })),
    ],
    ['"to:ann"', [{ operator: 'words', value: 'to:ann' }]],
    [
      'Märchen 100%',
      [
        { operator: 'words', value: 'Märchen' },
        { operator: 'words', value: '100%' },
      ],
    ],
  ])('reads %s', (text, expected) => {
    expect(terms(text)).toEqual(expected);
  });

  it.each([
    ['to:', /^to: needs something after the colon.*to:ann@example\.com/],
    ['subject:""', /^subject: needs something/],
    ['status:bouncy', /^status: does not know bouncy\. There are queued, .*cancelled, waiting, retry, failed\./],
    ['has:pictures', /^has: knows only has:attachment, not pictures/],
    ['before:yesterday', /^before: needs a day, a time or an age: before:2026-01-31/],
    ['after:2026-02-30', /^after: needs a day/],
    ['sender:ann', /There is no operator sender:\. Use from:\. .*"sender:ann"/],
    ['form:ann', /There is no operator form:\. There are to: from: .*"form:ann"/],
    ['"never closed', /not closed: "never closed/],
  ])('names the fault in %s', (text, expected) => {
    expect(fault(text)).toMatch(expected);
  });

  it('names every fault at once, about the field q', () => {
    expect(fault('to: status:x').split('\n')).toHaveLength(2);
    const parsed = parseSearch('to:', now);
    expect(parsed).toMatchObject({ ok: false, problems: [{ path: 'q', code: 'invalid_search' }] });
  });
});
