/** Puts the images that HTML names by content id (RFC 2392) into it as data: URLs, so that it loads nothing from anywhere. */
import type { Attachment } from 'postal-mime';

/** Pictures of dots, which cannot hold a program; SVG can. */
const shownTypes = /^image\/(png|jpeg|gif|webp|bmp|avif)$/;
/** One image named a thousand times must not become a thousand images. */
const maxAdded = 40_000_000;

export const inlineImages = (html: string, attachments: readonly Attachment[]): string => {
  const images = new Map<string, Attachment>();
  for (const attachment of attachments) {
    const id = attachment.contentId?.replace(/^<|>$/g, '');
    if (id && shownTypes.test(attachment.mimeType)) images.set(id, attachment);
  }
  if (images.size === 0) return html;
  let room = maxAdded;
  return html.replace(/\bcid:([^\s"'<>()]{1,750})/gi, (whole, id: string) => {
    const image = images.get(id) ?? images.get(decodeId(id));
    if (!image || typeof image.content === 'string') return whole;
    room -= image.content.byteLength * 1.4;
    if (room < 0) return whole;
    const bytes = new Uint8Array(image.content);
    return `data:${image.mimeType};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}`;
  });
};

function decodeId(id: string): string {
  try {
    return decodeURIComponent(id.replaceAll('&amp;', '&'));
  } catch {
    return id;
  }
}
