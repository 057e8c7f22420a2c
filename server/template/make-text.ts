/** The text part of a message, made from its HTML when the template is saved: the Liquid in it stays Liquid. */
import { convert } from 'html-to-text';
import { hideLiquid } from './hide-liquid.ts';

const options = {
  wordwrap: false as const,
  selectors: [
    { selector: 'img', format: 'skip' },
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['(', ')'] as [string, string] } },
    { selector: 'h1', options: { uppercase: false } },
    { selector: 'h2', options: { uppercase: false } },
    { selector: 'h3', options: { uppercase: false } },
    { selector: 'table', format: 'block' },
    { selector: 'tr', format: 'block' },
    { selector: '*.not-in-text', format: 'skip' },
  ],
};

/** @param html with Liquid. */
export const makeText = (html: string): string => {
  // The preview line repeats what the text begins with; what only Outlook reads is no text.
  const body = html.replace(/<head[\s\S]*?<\/head>/i, '').replace(/<!--[\s\S]*?-->/g, '');
  const hidden = hideLiquid(body.replace(/<div style="display:none[^>]*>[\s\S]*?<\/div>/i, ''));
  return `${hidden
    .restore(convert(hidden.text, options))
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
};
