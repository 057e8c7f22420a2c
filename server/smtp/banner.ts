/** What kind of server speaks, from a first line that is no SMTP reply. */

export type BannerKind = 'HTTP' | 'SSH' | 'POP3' | 'IMAP' | 'TLS' | 'unknown';

/** `text` is safe text, where a control byte stands as `\x15`. */
export function recogniseBanner(text: string): BannerKind {
  if (/^HTTP\/|^<(!doctype|html)/i.test(text)) return 'HTTP';
  if (/^SSH-/.test(text)) return 'SSH';
  if (/^\+OK/.test(text)) return 'POP3';
  if (/^\* (OK|PREAUTH|BYE)/i.test(text)) return 'IMAP';
  // A TLS alert or handshake record (RFC 8446 §5.1)
  if (/^\\x1[56]\\x03/.test(text)) return 'TLS';
  return 'unknown';
}
