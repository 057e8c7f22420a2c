/** Which parts a mail has and how they nest: mixed( alternative( text, related( html, inline images ) ), attachments ). */
import { type PreparedAttachment, readContentIds } from './attachment.ts';
import { createBoundaryStem } from './boundary.ts';
import { createMultipart, type Part } from './part.ts';
import type { EncodedText, TextDesk } from './transfer-encoding.ts';

export interface MailBody {
  text?: string;
  html?: string;
  messageId: string;
}

/** Each level only where it is needed. The text stands on `desk` until that is cleared. */
export const buildTree = (mail: MailBody, files: readonly PreparedAttachment[], desk: TextDesk): Part => {
  const { text = '', html = '' } = mail;
  // Only what the HTML shows is inline: anything else would be invisible to the reader.
  const canBeShown = html !== '' && files.some(({ contentId }) => contentId !== '');
  const shownIds = canBeShown ? readContentIds(html) : null;
  const isShown = ({ contentId }: PreparedAttachment) => shownIds?.has(contentId) ?? false;
  const shown = shownIds ? files.filter(isShown).map(({ inline }) => inline) : [];
  const attached = files.filter((file) => !isShown(file)).map((file) => file.attached);

  // An empty text beside HTML would be shown instead of it; a mail with neither still has a body.
  const plain = text !== '' || html === '' ? createTextPart('plain', desk.encode(text)) : null;
  let body = html === '' ? null : createTextPart('html', desk.encode(html));
  const isOnePart = attached.length + shown.length === 0 && !(plain && body);
  if (isOnePart) return endInLineBreak((plain ?? body)!);

  const asTheyAre = files.map(({ asItIs }) => asItIs).filter((bytes) => bytes !== null);
  const stem = createBoundaryStem(mail.messageId, asTheyAre);
  if (body && shown.length > 0) body = createMultipart('related', [body, ...shown], `${stem}_r`);
  if (body && plain) body = createMultipart('alternative', [plain, body], `${stem}_a`);
  const whole = (body ?? plain)!;
  return attached.length === 0 ? whole : createMultipart('mixed', [whole, ...attached], `${stem}_m`);
};

function createTextPart(subtype: 'plain' | 'html', { encoding, bytes }: EncodedText): Part {
  return {
    header: `Content-Type: text/${subtype}; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n`,
    body: [bytes],
  };
}

/** The only part that does not end with a line of its own. */
function endInLineBreak(part: Part): Part {
  const [bytes] = part.body;
  const isEnded = bytes instanceof Uint8Array && bytes.at(-2) === 0x0d && bytes.at(-1) === 0x0a;
  return isEnded ? part : { ...part, body: [...part.body, '\r\n'] };
}
