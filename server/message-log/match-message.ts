/**
 * Whether a message is what a search means, as far as its own words go; what became of it (state, settings, age) is asked
 * of the database. The same answer on every database, indexed or not.
 */
import type { SearchTerm } from './search-query.ts';
import { foldText, isMatch, splitWords, type TextPattern, toPattern } from './search-text.ts';
import { isMessageIdField, readWholeAddress, type SearchedMessage } from './search-token.ts';

/** The rest is dear to read. */
export type MatchedHead = Omit<SearchedMessage, 'addresses' | 'settings' | 'words'>;

export type MatchedMessage = Omit<SearchedMessage, 'settings'>;

export interface Matcher {
  /** `unsure`: its recipients or its text decide. */
  matchHead: (message: MatchedHead) => 'yes' | 'no' | 'unsure';
  needsAddresses: boolean;
  needsText: boolean;
  matchAll: (message: MatchedMessage) => boolean;
}

interface TermTest {
  head: (message: MatchedHead) => boolean;
  /** Null: the head decides. */
  rest: ((message: MatchedMessage) => boolean) | null;
  needsText: boolean;
}

/** @param terms those of other kinds are left to the database. */
export const createMatcher = (terms: readonly SearchTerm[]): Matcher => {
  const tests = terms.map(toTest).filter((test) => test !== null);
  return {
    matchHead: (message) => {
      let isUnsure = false;
      for (const { head, rest } of tests) {
        if (head(message)) continue;
        if (rest === null) return 'no';
        isUnsure = true;
      }
      return isUnsure ? 'unsure' : 'yes';
    },
    matchAll: (message) => tests.every(({ head, rest }) => head(message) || rest?.(message) === true),
    needsAddresses: tests.some(({ rest }) => rest !== null),
    needsText: tests.some(({ needsText }) => needsText),
  };
};

function toTest(term: SearchTerm): TermTest | null {
  switch (term.operator) {
    case 'to':
      return { head: () => false, rest: matchRecipient(term.value), needsText: false };
    case 'from': {
      const pattern = toPattern(term.value);
      return byHead(({ headerFrom, mailFrom }) => has(pattern, headerFrom) || has(pattern, mailFrom));
    }
    case 'subject': {
      const pattern = toPattern(term.value);
      return byHead(({ subject }) => has(pattern, subject));
    }
    case 'tag':
      return byHead(matchTag(term.name, term.value));
    case 'words':
      return matchWords(term.value);
    default:
      return null;
  }
}

const byHead = (head: TermTest['head']): TermTest => ({ head, rest: null, needsText: false });
const has = (pattern: TextPattern, text: string) => isMatch(pattern, foldText(text));

function matchRecipient(value: string): NonNullable<TermTest['rest']> {
  const whole = readWholeAddress(value);
  if (whole !== null) return ({ addresses }) => addresses.some((address) => address.toLowerCase() === whole);
  const pattern = toPattern(value);
  return ({ addresses }) => addresses.some((address) => has(pattern, address));
}

function matchTag(name: string, value: string | null): TermTest['head'] {
  const wanted = foldText(name);
  const pattern = value === null ? null : toPattern(value);
  const isExact = value !== null && !value.includes('*');
  return ({ tags }) =>
    tags.some((tag) => {
      if (foldText(tag.name) !== wanted) return false;
      return pattern === null || (isExact ? foldText(tag.value) === foldText(value) : has(pattern, tag.value));
    });
}

/** In what a list shows, a part is enough; in the text whole words are meant, next to each other where there are several. */
function matchWords(value: string): TermTest {
  if (/^msg_[0-9a-z]{26}$/.test(value)) return byHead(({ id }) => id === value);
  if (isMessageIdField(value)) return byHead(({ messageId }) => messageId === value);
  const pattern = toPattern(value);
  const phrase = value.includes('*') ? [] : splitWords(foldText(value));
  return {
    head: ({ subject, headerFrom, headerTo }) =>
      has(pattern, subject) || has(pattern, headerFrom) || has(pattern, headerTo),
    rest: ({ addresses, words }) =>
      addresses.some((address) => has(pattern, address)) || (words !== null && standsIn(phrase, words)),
    needsText: phrase.length > 0,
  };
}

function standsIn(phrase: readonly string[], words: readonly string[]): boolean {
  const [first] = phrase;
  if (first === undefined) return false;
  for (let at = words.indexOf(first); at >= 0; at = words.indexOf(first, at + 1)) {
    if (phrase.every((word, place) => words[at + place] === word)) return true;
  }
  return false;
}
