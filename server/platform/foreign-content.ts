/**
 * Sends what strangers wrote to a browser so that it can do nothing there: HTML as a document of its own that may run and
 * load nothing, for `<iframe sandbox="">`; text as text; everything else only ever as a download of no declared type.
 */
import type { FastifyReply } from 'fastify';

const framePolicy = (images: string) =>
  `sandbox; default-src 'none'; img-src ${images}; style-src 'unsafe-inline'; frame-ancestors 'self'`;

/** @param showsImages those inside the HTML; others never. */
export const sendForeignHtml = (reply: FastifyReply, html: string, showsImages = true): void => {
  reply.type('text/html; charset=utf-8').headers({
    'content-security-policy': framePolicy(showsImages ? 'data:' : "'none'"),
    'x-frame-options': 'SAMEORIGIN',
  });
  // A link that is clicked opens nothing here (the frame may not), instead of a grey page in the frame.
  reply.send(`<base target="_blank">${html}`);
};

/** @param filename for whoever saves it. */
export const sendForeignText = (reply: FastifyReply, text: Uint8Array, filename: string): void => {
  reply.type('text/plain; charset=utf-8').header('content-disposition', `inline; filename="${filename}"`);
  reply.send(Buffer.from(text.buffer, text.byteOffset, text.length));
};

/** @param disposition the Content-Disposition, with the file's name made harmless. */
export const sendForeignFile = (reply: FastifyReply, content: Uint8Array, disposition: string): void => {
  reply.type('application/octet-stream').headers({
    'content-disposition': disposition,
    'x-content-type-options': 'nosniff',
  });
  reply.send(Buffer.from(content.buffer, content.byteOffset, content.length));
};
