/**
 * A segment of the text index: which of some two thousand messages, in the order of their ids, have which token. It is
 * written once, as 256 pages; the first 8 bits of a token say in which it stands.
 *
 * A page: for each of its tokens, ascending, the difference of its other 24 bits to those of the one before, then twice
 * the length of what follows (plus one for a bitmap), then the places of its messages: differences again, or one bit each,
 * whatever is shorter. Numbers are of 7 bits an octet, the low ones first, the high bit set where more follow.
 */
export const pageCount = 256;
/** Of one segment; places are kept in 12 bits while it is built. */
export const mostMessages = 4096;

export const pageOf = (token: number): number => token >>> 24;

const placeRange = 4096;
const low24 = 0xffffff;

export interface SegmentBuilder {
  /** @param place of its message: 0, 1, 2 … */
  add: (token: number, place: number) => void;
  /** Empties the page as it is packed. @param count of messages */
  pack: (page: number, count: number) => Buffer;
}

export const buildSegment = (): SegmentBuilder => {
  const entries = Array.from({ length: pageCount }, () => new Float64Array(512));
  const lengths = new Uint32Array(pageCount);
  return {
    add: (token, place) => {
      const page = token >>> 24;
      let list = entries[page] as Float64Array<ArrayBuffer>;
      const length = lengths[page] as number;
      const entry = (token & low24) * placeRange + place;
      // Words are often repeated at once.
      if (length > 0 && list[length - 1] === entry) return;
      if (length === list.length) {
        const larger = new Float64Array(length * 2);
        larger.set(list);
        entries[page] = larger;
        list = larger;
      }
      list[length] = entry;
      lengths[page] = length + 1;
    },
    pack: (page, count) => {
      const list = (entries[page] as Float64Array).subarray(0, lengths[page]).sort();
      const packed = packPage(list, Math.ceil(count / 8));
      entries[page] = new Float64Array(0);
      lengths[page] = 0;
      return packed;
    },
  };
};

function packPage(sorted: Float64Array, bitmapBytes: number): Buffer {
  // Four octets are the most that a token's difference or a length takes, two a place's.
  const bytes = Buffer.allocUnsafe(sorted.length * 10 + 16);
  const list = Buffer.allocUnsafe(2 * placeRange);
  let end = 0;
  let before = 0;
  let at = 0;
  while (at < sorted.length) {
    const token = Math.floor((sorted[at] as number) / placeRange);
    const first = at;
    let size = 0;
    let last = -1;
    for (; at < sorted.length; at += 1) {
      const place = (sorted[at] as number) - token * placeRange;
      if (place >= placeRange) break;
      if (place === last) continue;
      size = putNumber(list, size, place - last - 1);
      last = place;
    }
    const isBitmap = size > bitmapBytes;
    end = putNumber(bytes, end, token - before);
    end = putNumber(bytes, end, (isBitmap ? bitmapBytes : size) * 2 + (isBitmap ? 1 : 0));
    if (isBitmap) {
      bytes.fill(0, end, end + bitmapBytes);
      for (let each = first; each < at; each += 1) {
        const place = (sorted[each] as number) - token * placeRange;
        bytes[end + (place >> 3)] = (bytes[end + (place >> 3)] as number) | (1 << (place & 7));
      }
      end += bitmapBytes;
    } else {
      list.copy(bytes, end, 0, size);
      end += size;
    }
    before = token;
  }
  return Buffer.from(bytes.subarray(0, end));
}

function putNumber(bytes: Buffer, at: number, value: number): number {
  let rest = value;
  let end = at;
  while (rest > 127) {
    bytes[end++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[end++] = rest;
  return end;
}

/** One bit for each message of a segment. */
export type Places = Uint8Array;

export const noPlaces = (): Places => new Uint8Array(mostMessages / 8);

/** Which messages have the token. @param page the one that the token belongs to */
export const readPlaces = (page: Uint8Array, token: number): Places => {
  const wanted = token & low24;
  const places = noPlaces();
  let at = 0;
  let value = 0;
  const read = () => {
    let shift = 0;
    let number = 0;
    while (true) {
      const octet = page[at++] ?? 0;
      number |= (octet & 127) << shift;
      if (octet < 128) return number;
      shift += 7;
    }
  };
  while (at < page.length) {
    value += read();
    const length = read();
    const end = at + (length >>> 1);
    if (value > wanted) break;
    if (value === wanted) {
      if (length & 1) places.set(page.subarray(at, end));
      else
        for (let place = -1; at < end; ) {
          place += read() + 1;
          places[place >> 3] = (places[place >> 3] ?? 0) | (1 << (place & 7));
        }
      break;
    }
    at = end;
  }
  return places;
};

export const keepCommon = (into: Places, other: Places): void => {
  for (let at = 0; at < into.length; at += 1) into[at] = (into[at] as number) & (other[at] as number);
};
export const addAll = (into: Places, other: Places): void => {
  for (let at = 0; at < into.length; at += 1) into[at] = (into[at] as number) | (other[at] as number);
};

/** Ascending. */
export const listPlaces = (places: Places): number[] => {
  const found: number[] = [];
  for (let at = 0; at < places.length; at += 1) {
    const octet = places[at] as number;
    for (let bit = 0; octet >> bit > 0; bit += 1) if ((octet >> bit) & 1) found.push(at * 8 + bit);
  }
  return found;
};
