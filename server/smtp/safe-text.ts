/** Text of a stranger, safe to print: no byte of it can move a cursor, forge a line or turn the direction of reading. */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** C0, DEL, C1, line and paragraph separators, direction overrides, zero-width and byte-order marks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export function escapeUnsafe(text: string): string {
  return text.replace(unsafe, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** UTF-8 where it is valid (RFC 6531 §3.7.4.2), else ASCII with every other byte as `\xNN`. */
export function decodeSafely(bytes: Uint8Array): string {
  try {
    return escapeUnsafe(strict.decode(bytes));
  } catch {
    let text = '';
    for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`;
    return escapeUnsafe(text);
  }
}
