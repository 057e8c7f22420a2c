import { describe, expect, it } from 'vitest';
import { findLinks } from './find-links.ts';

describe('links in a captured text', () => {
  it('are found once each, in their order, without what ends the sentence', () => {
    const text =
      'Look at https://example.com/a?b=c#d_-e, or (http://127.0.0.1:2580/x).\n<https://example.com/a?b=c#d_-e>';
    expect(findLinks(text)).toEqual(['https://example.com/a?b=c#d_-e', 'http://127.0.0.1:2580/x']);
  });

  it('are none where there is no text, or none in it', () => {
    expect(findLinks(null)).toEqual([]);
    expect(findLinks('ftp://example.com and example.com')).toEqual([]);
  });
});
