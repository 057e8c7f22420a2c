/**
 * A part of a document that a test writes from what it has measured, between two comments:
 * `<!-- generated: NAME -->` and `<!-- end of NAME -->`.
 *
 * A test run compares. With POSTERN_WRITE_DOCS=1 it writes, for a person to look at and commit.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

/**
 * @param versions what the part was measured with, and says so in its own words. Where the document was made with others,
 * which is nobody's mistake, this says so and does not compare.
 */
export function expectPart(file: string, name: string, part: string, versions: readonly string[]): void {
  const place = path.join(root, file);
  const text = readFileSync(place, 'utf8');
  const [start, end] = [`<!-- generated: ${name} -->`, `<!-- end of ${name} -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${file} has no part between ${start} and ${end}`);
  if (process.env.POSTERN_WRITE_DOCS === '1') {
    writeFileSync(place, `${text.slice(0, from + start.length)}\n\n${part}\n${text.slice(to)}`);
    return;
  }
  const written = text.slice(from + start.length, to).trim();
  const others = versions.filter((version) => !written.includes(version));
  if (others.length > 0) {
    console.warn(`${file} was made with other servers than ${others.join(', ')}: "${name}" is not compared`);
    return;
  }
  expect(written, `${file} is out of date: POSTERN_WRITE_DOCS=1 npx vitest run test/interop`).toBe(part.trim());
}
