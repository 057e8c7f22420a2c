/** The tree of a MIME message (RFC 2046): leaves with content, and multiparts around them. Bytes are joined once, at the end. */
import { type Parameter, writeParameters } from './header-field.ts';
import type { EncodedContent } from './transfer-encoding.ts';

export interface Part {
  /** The part's own header fields, each with its CRLF. */
  header: string;
  /** In order; never copied until the whole message is joined. */
  body: Uint8Array[];
}

export interface ContentType {
  type: string;
  parameters: Parameter[];
}

/** @param header further fields, each with its CRLF. */
export const createLeaf = (contentType: ContentType, content: EncodedContent, header = ''): Part => ({
  header:
    writeParameters('Content-Type', contentType.type, contentType.parameters) +
    `Content-Transfer-Encoding: ${content.encoding}\r\n` +
    header,
  body: [content.bytes],
});

export type MultipartKind = 'mixed' | 'alternative' | 'related';

/** Hands out boundaries that no content holds; one message never gets the same twice, nor one that begins like another. */
export type BoundarySource = () => string;

export const createMultipart = (kind: MultipartKind, children: readonly Part[], nextBoundary: BoundarySource): Part => {
  const boundary = nextBoundary();
  const parameters = [{ name: 'boundary', value: boundary }];
  // RFC 2387: says what the root is.
  if (kind === 'related') parameters.unshift({ name: 'type', value: 'text/html' });
  const body: Uint8Array[] = [];
  for (const [place, child] of children.entries()) {
    body.push(Buffer.from(`${place === 0 ? '' : '\r\n'}--${boundary}\r\n${child.header}\r\n`, 'latin1'), ...child.body);
  }
  body.push(Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1'));
  return { header: writeParameters('Content-Type', `multipart/${kind}`, parameters), body };
};
