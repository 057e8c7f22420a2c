/** The Content-Disposition of a download (RFC 6266): a file name from a mail, made harmless for the reader's disk. */

/** Path separators, controls, and the marks that turn "gpj.exe" round on the screen. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: taking control characters out is the point
const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069/\\:*?"<>|]/g;

export const formatDownload = (filename: string): string => {
  const safe = filename.toWellFormed().replace(unsafe, '_').replace(/^\.+/, '_').trim() || 'attachment';
  const ascii = safe.replace(/[^\x20-\x7e]/g, '_');
  const encoded = encodeURIComponent(safe).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
};
