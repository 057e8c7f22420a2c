/** docs/threats.md says of every threat which test holds Postern to it; what it says is true. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findGaps, findUntrue, readNamed } from './support/named-tests.ts';

const root = path.resolve(import.meta.dirname, '..');
/** Those to accounts, sessions, mails that open them, templates, and what is read. */
const wanted = [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 30, 32, 33].map((number) => `C${number}`);

describe('docs/threats.md', () => {
  const threats = readNamed(readFileSync(path.join(root, 'docs/threats.md'), 'utf8'));

  it('speaks of every threat once, each with a test', () => {
    expect(findGaps(threats, wanted)).toEqual([]);
    expect(threats.filter(({ tests }) => tests.length === 0)).toEqual([]);
  });

  it('names only tests that exist', () => {
    const read = (file: string) =>
      existsSync(path.join(root, file)) ? readFileSync(path.join(root, file), 'utf8') : null;
    expect(findUntrue(threats, read)).toEqual([]);
  });
});
