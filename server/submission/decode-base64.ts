/** Base64 as programs send it in JSON; read strictly, because the platform's own reader skips in silence what it cannot read. */

/**
 * White space between lines is allowed, padding may be missing, and both alphabets are read (RFC 4648 §4, §5).
 * @returns null for anything else, such as a data URL or text that is not base64 at all.
 */
export const decodeBase64 = (text: string): Buffer | null =>
  decodeClean(text) ?? decodeClean(text.replace(/[ \t\r\n]+/g, ''));

function decodeClean(text: string): Buffer | null {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.length - padding;
  if (digits % 4 === 1 || (padding > 0 && text.length % 4 !== 0)) return null;
  const bytes = Buffer.from(text, 'base64');
  // What was skipped is missing at the end.
  return bytes.length === Math.floor((digits * 3) / 4) ? bytes : null;
}
