/** Which header fields a DKIM signature covers (RFC 6376 §5.4), in the order in which h= names them. */

/** Named once more than they occur, so that nobody can add another one on the way and have it shown (RFC 6376 §8.15). */
const sealed = [
  'From',
  'Sender',
  'Reply-To',
  'To',
  'Cc',
  'Subject',
  'Date',
  'Message-ID',
  'MIME-Version',
  'Content-Type',
  'Content-Transfer-Encoding',
];

/** As often as they occur: what shows how mails belong together, and lists, which RFC 8058 §4 wants covered. */
const signed = [
  'In-Reply-To',
  'References',
  'List-Id',
  'List-Help',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'List-Subscribe',
  'List-Post',
  'List-Owner',
  'List-Archive',
  'Auto-Submitted',
  'Feedback-ID',
  'BIMI-Selector',
];

export interface SignedFields {
  /** For h=, joined by `: `. */
  keys: string;
  /** Those that exist, in the same order; a field that occurs twice, last first (RFC 6376 §5.4.2). */
  headers: { line: Buffer }[];
}

/**
 * @param header with CRLF line ends, without the empty line.
 * @param leftOut names, in any case; From cannot be left out.
 */
export const chooseSignedFields = (header: string, leftOut: readonly string[]): SignedFields => {
  const lines = new Map<string, string[]>();
  for (const line of header.split(/\r\n(?![ \t])/)) {
    const name = line
      .slice(0, Math.max(0, line.indexOf(':')))
      .trimEnd()
      .toLowerCase();
    const list = lines.get(name);
    if (list) list.unshift(line);
    else lines.set(name, [line]);
  }
  const skipped = new Set(leftOut.map((name) => name.toLowerCase()).filter((name) => name !== 'from'));
  const keys: string[] = [];
  const headers: SignedFields['headers'] = [];
  const add = (name: string, isSealed: boolean) => {
    if (skipped.has(name.toLowerCase())) return;
    for (const line of lines.get(name.toLowerCase()) ?? []) {
      keys.push(name);
      headers.push({ line: Buffer.from(line, 'latin1') });
    }
    if (isSealed) keys.push(name);
  };
  for (const name of sealed) add(name, true);
  for (const name of signed) add(name, false);
  return { keys: keys.join(': '), headers };
};
