import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText, isMatch, splitWords, toPattern } from './search-text.ts';

describe('text as the search compares it', () => {
  it.each([
    ['MÁLAGA', 'malaga'],
    ['Straße', 'strasse'],
    ['Smørrebrød Œuvre', 'smorrebrod oeuvre'],
    ['İstanbul', 'istanbul'],
    ['ﬁve ①', 'five 1'],
    ['한국', '한국'],
    ['हिन्दी', 'हिन्दी'],
  ])('folds %s to %s', (text, folded) => {
    expect(foldText(text)).toBe(folded.normalize('NFC'));
  });

  it('stays as it is when it is folded again', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => foldText(foldText(text)) === foldText(text)));
  });

  it.each([
    ["INV-1042, don't! a@b.example", ['inv', '1042', 'don', 't', 'a', 'b', 'example']],
    ['größe 5€', ['grosse', '5']],
    ['請求書 no7', ['請', '求', '書', 'no7']],
    ['x請y', ['x', '請', 'y']],
    ['  --  ', []],
  ])('takes the words out of %s', (text, words) => {
    expect(splitWords(foldText(text))).toEqual(words);
  });

  it.each([
    ['past due', 'Reminder: Past DUE again', true],
    ['pastdue', 'past due', false],
    ['res*', 'Reset', true],
    ['res*', 'my reset', false],
    ['*set', 'Reset', true],
    ['*set', 'Resets', false],
    ['r*s*t', 'Reset', true],
    ['a*a', 'a', false],
    ['aa*aa', 'aaa', false],
    ['*', '', true],
    ['a.c', 'abc', false],
    ['100%', 'Märchen 100%', true],
    ['m_rchen', 'Märchen', false],
  ])('%s is in %s: %s', (value, text, expected) => {
    expect(isMatch(toPattern(value), foldText(text))).toBe(expected);
  });
});
