/**
 * One header field, written word by word and folded on the way (RFC 5322 §2.2.3): lines of at most 78 characters, 76 where
 * an encoded word stands (RFC 2047 §2). Only a word that may not be broken can make a line longer, and the writers of
 * such words keep them below 998. A line is never left with white space alone.
 */
import { type EncodedPlace, encodeWords, minEncodedWord } from './encoded-word.ts';

const maxLine = 78;
const maxEncodedLine = 76;

export class HeaderLine {
  #text: string;
  #column: number;

  constructor(name: string) {
    this.#text = `${name}:`;
    this.#column = this.#text.length;
  }

  /** Adds `word` after `space`, the one place where the line may be broken; an empty `space` glues. */
  add(word: string, space = ' '): this {
    if (space !== '' && this.#column + space.length + word.length > maxLine) this.#break();
    return this.#append(space + word);
  }

  /** Adds as many encoded words as `text` takes. */
  addEncoded(text: string, place: EncodedPlace, space = ' '): this {
    const run = encodeWords(text, place);
    for (let before = space; run.hasMore(); before = ' ') {
      if (maxEncodedLine - this.#column - before.length < minEncodedWord) this.#break();
      this.#append(before + run.next(maxEncodedLine - this.#column - before.length));
    }
    return this;
  }

  /** With its CRLF. */
  end(): string {
    return `${this.#text}\r\n`;
  }

  #append(text: string): this {
    this.#text += text;
    this.#column += text.length;
    return this;
  }

  #break(): void {
    this.#text += '\r\n';
    this.#column = 0;
  }
}
