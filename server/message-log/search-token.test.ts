import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMatcher } from './match-message.ts';
import type { SearchTerm } from './search-query.ts';
import { foldText, splitWords } from './search-text.ts';
import { addTokens, type SearchedMessage, toTokenCondition } from './search-token.ts';

const tokensOf = (message: SearchedMessage) => {
  const tokens = new Set<number>();
  addTokens(message, (token) => tokens.add(token));
  return tokens;
};
const isPossible = (message: SearchedMessage, term: SearchTerm): boolean => {
  const condition = toTokenCondition(term);
  const tokens = tokensOf(message);
  return condition === null || condition.some((group) => group.every((token) => tokens.has(token)));
};
const message: SearchedMessage = {
  id: 'msg_01m4dx9zbwbgzpw3xtjg8gzcp5',
  subject: 'Märchen 100%',
  headerFrom: 'Desk <desk@example.com>',
  mailFrom: 'bounce@example.net',
  headerTo: 'Ann <ann@example.com>',
  messageId: '<1@example.com>',
  addresses: ['ann@example.com', 'hidden@xn--mnchen-3ya.example'],
  tags: [{ name: 'Kind', value: 'in"voice' }],
  hasAttachment: true,
  settings: [],
  words: splitWords(foldText('The invoice is past due, Zoë')),
};

/** Few letters, so that a search often meets what it looks for. */
const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'É', 'ß', ' ', '-', '請', '1', 'İ'), maxLength: 12 });
const anyMessage: fc.Arbitrary<SearchedMessage> = fc.record({
  id: fc.constant(message.id),
  subject: letters,
  headerFrom: letters,
  mailFrom: letters,
  headerTo: letters,
  messageId: fc.constant('<1@example.com>'),
  addresses: fc.array(letters, { maxLength: 3 }),
  tags: fc.array(fc.record({ name: letters, value: letters }), { maxLength: 2 }),
  hasAttachment: fc.boolean(),
  settings: fc.constant([]),
  words: fc.option(letters.map((text) => splitWords(foldText(text)))),
});
const value = fc.oneof(letters, fc.string({ unit: fc.constantFrom('a', 'b', 'e', 's', '*', ' ', '請'), minLength: 1 }));
const anyTerm: fc.Arbitrary<SearchTerm> = fc.oneof(
  fc.record({ operator: fc.constantFrom('to' as const, 'from' as const, 'subject' as const), value }),
  fc.record({ operator: fc.constant('tag' as const), name: letters, value: fc.option(value) }),
  fc.record({ operator: fc.constant('words' as const), value }),
);

describe('the tokens of a message', () => {
  it('never rule out a message that a search means', () => {
    let matches = 0;
    fc.assert(
      fc.property(anyMessage, anyTerm, (each, term) => {
        if (!createMatcher([term]).matchAll(each)) return;
        matches += 1;
        expect(isPossible(each, term)).toBe(true);
      }),
      { numRuns: 3000 },
    );
    expect(matches).toBeGreaterThan(100);
  });

  it.each<[SearchTerm, boolean]>([
    [{ operator: 'to', value: 'HIDDEN@MÜNCHEN.example' }, true],
    [{ operator: 'to', value: 'hidden@berlin.example' }, false],
    [{ operator: 'from', value: 'bounce@' }, true],
    [{ operator: 'from', value: 'ann@example' }, false],
    [{ operator: 'subject', value: 'marchen*' }, true],
    [{ operator: 'subject', value: 'invoice' }, false],
    [{ operator: 'tag', name: 'kind', value: 'IN"VOICE' }, true],
    [{ operator: 'tag', name: 'kind', value: 'voice' }, false],
    [{ operator: 'tag', name: 'kind', value: 'in*' }, true],
    [{ operator: 'has', value: 'attachment' }, true],
    [{ operator: 'words', value: 'past due' }, true],
    [{ operator: 'words', value: 'due past' }, false],
    [{ operator: 'words', value: 'zoe' }, true],
    [{ operator: 'words', value: 'invoices' }, false],
    [{ operator: 'words', value: '<1@example.com>' }, true],
    [{ operator: 'words', value: '<2@example.com>' }, false],
  ])('tell %o: %s, as the message itself does', (term, expected) => {
    expect(isPossible(message, term)).toBe(expected);
    if (term.operator !== 'has') expect(createMatcher([term]).matchAll(message)).toBe(expected);
  });
});
