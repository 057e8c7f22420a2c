/** The tree of a MIME message (RFC 2046): leaves with content, and multiparts around them. Nothing is copied until `join`. */
import { encodeBase64Lines, measureBase64, streamBase64, writeBase64 } from './base64-lines.ts';

/** Octets still to be written as base64 lines. */
export interface RawContent {
  raw: Uint8Array;
}

/** The same, coming bit by bit. */
export interface StreamedContent {
  sizeBytes: number;
  chunks: AsyncIterable<Uint8Array>;
}

/** A piece of the message: header text in ASCII, octets as they are, or content to encode on the way. */
export type Piece = string | Uint8Array | RawContent | StreamedContent;

export interface Part {
  /** The part's own header fields, each with its CRLF. */
  header: string;
  /** In order. */
  body: readonly Piece[];
}

export type MultipartKind = 'mixed' | 'alternative' | 'related';

const multipartTypes: Record<MultipartKind, string> = {
  mixed: 'multipart/mixed;',
  alternative: 'multipart/alternative;',
  // RFC 2387: says what the root is.
  related: 'multipart/related; type="text/html";',
};

/** @param boundary that no child holds, and that no other boundary of the message begins with. */
export const createMultipart = (kind: MultipartKind, children: readonly Part[], boundary: string): Part => {
  const body: Piece[] = [];
  let before = '--';
  for (const child of children) {
    body.push(`${before}${boundary}\r\n${child.header}\r\n`, ...child.body);
    before = '\r\n--';
  }
  body.push(`\r\n--${boundary}--\r\n`);
  return { header: `Content-Type: ${multipartTypes[kind]}\r\n boundary="${boundary}"\r\n`, body };
};

/** Content that can be had at once. */
type PieceInMemory = Exclude<Piece, StreamedContent>;

const isInMemory = (piece: Piece): piece is PieceInMemory => typeof piece === 'string' || !('chunks' in piece);

const measurePiece = (piece: Piece): number => {
  if (typeof piece === 'string') return piece.length;
  if (piece instanceof Uint8Array) return piece.length;
  return measureBase64('raw' in piece ? piece.raw.length : piece.sizeBytes);
};

export const measurePieces = (pieces: readonly Piece[]): number => {
  let octets = 0;
  for (const piece of pieces) octets += measurePiece(piece);
  return octets;
};

/** One allocation of the exact size. @throws TypeError for content that comes bit by bit: it cannot be had at once. */
export const join = (pieces: readonly Piece[]): Buffer => {
  const out = Buffer.allocUnsafeSlow(measurePieces(pieces));
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      at += out.write(piece, at, 'latin1');
    } else if (piece instanceof Uint8Array) {
      out.set(piece, at);
      at += piece.length;
    } else if ('raw' in piece) {
      at = writeBase64(piece.raw, out, at);
    } else {
      throw new TypeError('An attachment that comes bit by bit needs composeStream.');
    }
  }
  return out;
};

/** A message whose attachments stand apart. */
export interface DividedMessage {
  sizeBytes: number;
  /** Everything but the attachments, in order. */
  bytes: Buffer;
  /** The message in order: a range of `bytes` [from, to), or an attachment as it goes out. One range: nothing stands apart. */
  parts: ([from: number, to: number] | Uint8Array)[];
}

/**
 * The same octets as `join`, with what is still to be encoded, and every piece that `isApart` names, beside the rest.
 * @throws TypeError for content that comes bit by bit.
 */
export const divide = (pieces: readonly Piece[], isApart: (piece: Uint8Array) => boolean): DividedMessage => {
  const near: Piece[] = [];
  const parts: DividedMessage['parts'] = [];
  let from = 0;
  let to = 0;
  const endRange = () => {
    if (to > from) parts.push([from, to]);
    from = to;
  };
  for (const piece of pieces) {
    const far = takeApart(piece, isApart);
    if (!far) {
      near.push(piece);
      to += measurePiece(piece);
    } else if (far.length > 0) {
      endRange();
      parts.push(far);
    }
  }
  endRange();
  return { sizeBytes: measurePieces(pieces), bytes: join(near), parts };
};

function takeApart(piece: Piece, isApart: (piece: Uint8Array) => boolean): Uint8Array | null {
  if (typeof piece === 'string') return null;
  if (piece instanceof Uint8Array) return isApart(piece) ? piece : null;
  return 'raw' in piece ? encodeBase64Lines(piece.raw).bytes : null;
}

/** No chunk is larger. */
const maxChunk = 64 * 1024;
/** Smaller pieces share a chunk. */
const smallPiece = 16 * 1024;

/** The same octets as `join`, in chunks; content that comes bit by bit is read as it is asked for. */
export async function* streamPieces(pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
  let together: PieceInMemory[] = [];
  for (const piece of pieces) {
    if (isInMemory(piece) && measurePiece(piece) <= smallPiece) {
      together.push(piece);
      continue;
    }
    yield* cut(join(together));
    together = [];
    if (typeof piece === 'string') yield* cut(Buffer.from(piece, 'latin1'));
    else if (piece instanceof Uint8Array) yield* cut(piece);
    else if ('raw' in piece) yield* streamBase64([piece.raw], piece.raw.length);
    else yield* streamBase64(piece.chunks, piece.sizeBytes);
  }
  yield* cut(join(together));
}

function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += maxChunk) yield bytes.subarray(at, at + maxChunk);
}
