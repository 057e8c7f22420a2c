/**
 * Octets around the end of a message that servers have read in different ways (SMTP smuggling, CVE-2023-51764 to 51766):
 * what one takes for the end, another takes for text, and what follows becomes a second message that nobody sent. Each
 * variant stands in the middle of a message, with a whole forged transaction behind it, or at its end.
 */

export interface EndOfData {
  /** The octets in question, as a person reads them. */
  name: string;
  /** The body. More than one block: a stream that is cut there. */
  blocks: readonly Uint8Array[];
  /** Whether a forged transaction stands behind the octets. */
  isForged: boolean;
}

const bytes = (text: string) => Buffer.from(text, 'latin1');

export const forgedSender = 'smuggler@example.com';
export const forgedRecipient = 'smuggled@example.org';
/** Its end is the end of the message that carries it. */
const forged = [
  `MAIL FROM:<${forgedSender}>`,
  `RCPT TO:<${forgedRecipient}>`,
  'DATA',
  'Subject: smuggled',
  '',
  'smuggled',
  '',
].join('\r\n');

const lineEnds = { LF: '\n', CR: '\r', 'CR LF': '\r\n', 'LF CR': '\n\r', 'CR CR LF': '\r\r\n' };
const dots = Object.entries(lineEnds).flatMap(([before, first]) =>
  Object.entries(lineEnds).map(([after, second]): [string, string] => [`${before} . ${after}`, `${first}.${second}`]),
);

/** In the middle, the forged transaction behind them. */
const inTheMiddle: [name: string, octets: string][] = [
  ...dots,
  ['CR LF .. CR LF', '\r\n..\r\n'],
  ['CR LF . CR LF . CR LF', '\r\n.\r\n.\r\n'],
  ['CR LF . space CR LF', '\r\n. \r\n'],
  ['CR LF space . CR LF', '\r\n .\r\n'],
  ['CR LF . tab CR LF', '\r\n.\t\r\n'],
  ['CR LF . NUL CR LF', '\r\n.\0\r\n'],
  ['CR LF NUL . CR LF', '\r\n\0.\r\n'],
  ['CR NUL LF . CR NUL LF', '\r\0\n.\r\0\n'],
  ['LF . NUL LF', '\n.\0\n'],
  ['NUL . NUL', '\0.\0'],
  ['VT . VT', '\v.\v'],
  ['FF . FF', '\f.\f'],
  ['NEL . NEL (0x85)', '\x85.\x85'],
  ['NEL . NEL (UTF-8)', '\xc2\x85.\xc2\x85'],
  ['LS . LS (UTF-8)', '\xe2\x80\xa8.\xe2\x80\xa8'],
  ['0xFF . 0xFF', '\xff.\xff'],
  ['CR LF . CR LF RSET', '\r\n.\r\nRSET\r\n'],
  ['CR LF . CR LF EHLO', '\r\n.\r\nEHLO smuggler\r\n'],
  ['CR LF . CR LF QUIT', '\r\n.\r\nQUIT\r\n'],
  ['CR LF BDAT 0 LAST', '\r\nBDAT 0 LAST\r\n'],
];

/** Nothing behind them. */
const atTheEnd: [name: string, octets: string][] = [
  ['no line end at all', 'the last line'],
  ['ends with CR', 'the last line\r'],
  ['ends with LF', 'the last line\n'],
  ['ends with CR LF .', 'the last line\r\n.'],
  ['ends with LF .', 'the last line\n.'],
  ['ends with CR LF . CR', 'the last line\r\n.\r'],
  ['ends with CR LF . LF', 'the last line\r\n.\n'],
  ['ends with CR LF . CR LF', 'the last line\r\n.\r\n'],
  ['ends with empty lines', 'the last line\r\n\r\n\r\n'],
  ['nothing but a dot', '.'],
  ['nothing', ''],
];

/** Cut between the two: where one block ends and the next begins. */
const acrossBlocks: [name: string, first: string, second: string][] = [
  ['CR ‖ LF . CR LF', '\r', '\n.\r\n'],
  ['CR ‖ . CR LF', '\r', '.\r\n'],
  ['CR LF ‖ . CR LF', '\r\n', '.\r\n'],
  ['CR LF . ‖ CR LF', '\r\n.', '\r\n'],
  ['CR LF . CR ‖ LF', '\r\n.\r', '\n'],
  ['LF ‖ . LF', '\n', '.\n'],
];

/** As many octets as the session writes at once, so that the cut falls on its border too. */
const fill = `${'0123456789abcde\n'.repeat(4096)}`.slice(0, 64 * 1024);

export const endOfDataVariants: readonly EndOfData[] = [
  ...inTheMiddle.map(([name, octets]) => ({
    name,
    blocks: [bytes(`before${octets}${forged}after\r\n`)],
    isForged: true,
  })),
  ...atTheEnd.map(([name, octets]) => ({ name, blocks: [bytes(octets)], isForged: false })),
  ...acrossBlocks.map(([name, first, second]) => ({
    name,
    blocks: [bytes(fill.slice(first.length) + first), bytes(`${second}${forged}after\r\n`)],
    isForged: false,
  })),
];
