/**
 * What the text index knows a message by: numbers of 32 bits, made of three characters in a row of its subject, sender and
 * recipients (so that any part of them is found), of the words of its text and of pairs of neighbours among these (so that
 * phrases are), and of its tags. No text can be read out of them; that two texts share a number only costs a look.
 *
 * The same functions make the numbers of a search: all that a message must have, as far as the index can tell.
 */

import { toAsciiDomain } from '../mime/address.ts';
import type { SearchTerm } from './search-query.ts';
import { foldText, splitWords, toPattern } from './search-text.ts';

/** What is searched of a message, as it was accepted. */
export interface SearchedMessage {
  id: string;
  subject: string;
  headerFrom: string;
  mailFrom: string;
  headerTo: string;
  messageId: string;
  /** Of all recipients, Bcc too. */
  addresses: readonly string[];
  tags: readonly { name: string; value: string }[];
  hasAttachment: boolean;
  /** Ids of the settings it names, or else went by; `settingsUnknown` where that may change, `settingsNone` without any. */
  settings: readonly string[];
  /** Folded words of its text, null where it has none that may be searched. */
  words: readonly string[] | null;
}

/** A message must have all tokens of one of the groups. */
export type TokenCondition = readonly (readonly number[])[];

const kinds = {
  subject: 1,
  from: 2,
  to: 3,
  word: 4,
  pair: 5,
  tag: 6,
  attachment: 7,
  messageId: 8,
  settings: 9,
} as const;
type Kind = keyof typeof kinds;

/** It still waits, so other settings may take it. */
export const settingsUnknown = '?';
/** Settled without an attempt, and none named: it would have gone by the default ones. */
export const settingsNone = '-';

const prime = 0x01000193;
const begin = (kind: Kind) => Math.imul(0x811c9dc5 ^ kinds[kind], prime);
const mix = (state: number, unit: number) => {
  const mixed = Math.imul(state ^ unit, prime);
  return mixed ^ (mixed >>> 15);
};
/** Spreads over all 32 bits: the first 8 choose a page. */
const finish = (state: number): number => {
  let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
};

const hashText = (kind: Kind, text: string): number => {
  let state = begin(kind);
  for (let at = 0; at < text.length; at += 1) state = mix(state, text.charCodeAt(at));
  return finish(state);
};

const hashPair = (first: number, second: number) => finish(mix(mix(begin('pair'), first), second));

function addParts(kind: Kind, text: string, add: (token: number) => void): void {
  const folded = foldText(text);
  const start = begin(kind);
  for (let at = 0; at + 2 < folded.length; at += 1)
    add(finish(mix(mix(mix(start, folded.charCodeAt(at)), folded.charCodeAt(at + 1)), folded.charCodeAt(at + 2))));
}

/** Hands on every token of a message, some of them more than once. */
export const addTokens = (message: SearchedMessage, add: (token: number) => void): void => {
  addParts('subject', message.subject, add);
  addParts('from', message.headerFrom, add);
  if (!message.headerFrom.includes(message.mailFrom)) addParts('from', message.mailFrom, add);
  addParts('to', message.headerTo, add);
  for (const address of message.addresses) if (!message.headerTo.includes(address)) addParts('to', address, add);
  add(hashText('messageId', message.messageId));
  if (message.hasAttachment) add(hashText('attachment', ''));
  for (const { name, value } of message.tags) {
    add(hashText('tag', foldText(name)));
    add(hashText('tag', foldText(`${name}=${value}`)));
  }
  for (const id of message.settings) add(hashText('settings', id));
  let before: number | null = null;
  for (const word of message.words ?? []) {
    const token = hashText('word', word);
    add(token);
    if (before !== null) add(hashPair(before, token));
    before = token;
  }
};

/** @param ids of the settings that are meant */
export const toSettingsCondition = (ids: readonly string[], isDefaultMeant: boolean): TokenCondition =>
  [...ids, settingsUnknown, ...(isDefaultMeant ? [settingsNone] : [])].map((id) => [hashText('settings', id)]);

/** Null: the index cannot tell anything about this term, or not by its words alone. */
export const toTokenCondition = (term: SearchTerm): TokenCondition | null => {
  switch (term.operator) {
    case 'to':
      return oneGroup(partsOf('to', readWholeAddress(term.value) ?? term.value));
    case 'from':
    case 'subject':
      return oneGroup(partsOf(term.operator, term.value));
    case 'tag': {
      const isOpen = term.value === null || term.value.includes('*');
      return [[hashText('tag', foldText(isOpen ? term.name : `${term.name}=${term.value}`))]];
    }
    case 'has':
      return [[hashText('attachment', '')]];
    case 'words':
      return ofWords(term.value);
    default:
      return null;
  }
};

/** `ann@example.com` and nothing else; a domain may be written as people read it. */
export const readWholeAddress = (value: string): string | null => {
  const [, local, domain] = /^([^*@\s]+)@([^*@\s]+\.[^*@\s]+)$/.exec(value) ?? [];
  if (local === undefined || domain === undefined) return null;
  return `${local}@${toAsciiDomain(domain) ?? domain}`.toLowerCase();
};

export const isMessageIdField = (value: string): boolean => /^<[^<>\s]+@[^<>\s]+>$/.test(value);

function ofWords(value: string): TokenCondition | null {
  if (isMessageIdField(value)) return [[hashText('messageId', value)]];
  const heads = (['subject', 'from', 'to'] as const).map((kind) => partsOf(kind, value));
  // Short as it is, it may stand anywhere.
  if (heads.some((tokens) => tokens.length === 0)) return null;
  const text = wordTokens(value);
  return text.length === 0 ? heads : [...heads, text];
}

const oneGroup = (tokens: readonly number[]): TokenCondition | null => (tokens.length === 0 ? null : [tokens]);

/** More of them find hardly fewer. */
const mostTokens = 4;

/** Every second part, as the others lie within them, and the last. */
function partsOf(kind: Kind, value: string): number[] {
  const tokens: number[] = [];
  for (const piece of toPattern(value).pieces) {
    for (let at = 0; at + 3 <= piece.length; at += 1) {
      if (at % 2 === 0 || at + 3 === piece.length)
        addParts(kind, piece.slice(at, at + 3), (token) => tokens.push(token));
    }
  }
  return thin(tokens);
}

function wordTokens(value: string): number[] {
  // Only whole words of a text are found.
  if (value.includes('*')) return [];
  const words = splitWords(foldText(value)).map((word) => hashText('word', word));
  const pairs = words.slice(1).map((word, at) => hashPair(words[at] as number, word));
  return thin(pairs.length > 0 ? pairs : words);
}

function thin(tokens: readonly number[]): number[] {
  const once = [...new Set(tokens)];
  const step = once.length / mostTokens;
  return step <= 1 ? once : Array.from({ length: mostTokens }, (_, at) => once[Math.floor(at * step)] as number);
}
