/**
 * A picture with transparency on white paper, no finer than it is printed. In PDF transparency is a picture of its own, which
 * would be taken apart and packed anew for every invoice: 160 ms for a large logo, where a plain one costs none.
 */
import { crc32, deflateSync } from 'node:zlib';

export interface Pixels {
  width: number;
  height: number;
  /** 1 grey, 3 red, green and blue; one byte each, alpha behind them. */
  colors: 1 | 3;
  bytes: Uint8Array;
}

/** Four times as many as points on the page: what a good printer shows. */
const mostWidth = 760;
const mostHeight = 208;

/** @returns a PNG without transparency. */
export const flattenPicture = ({ width, height, colors, bytes }: Pixels): Buffer => {
  const step = Math.max(1, Math.floor(Math.min(width / mostWidth, height / mostHeight)));
  const [wide, high] = [Math.ceil(width / step), Math.ceil(height / step)];
  const rows = Buffer.alloc(high * (wide * 3 + 1));
  const stride = colors + 1;
  for (let y = 0; y < high; y += 1) {
    for (let x = 0; x < wide; x += 1) {
      const sums = [0, 0, 0];
      let count = 0;
      for (let fromY = y * step; fromY < Math.min(height, (y + 1) * step); fromY += 1) {
        for (let fromX = x * step; fromX < Math.min(width, (x + 1) * step); fromX += 1) {
          const at = (fromY * width + fromX) * stride;
          const alpha = bytes[at + colors]! / 255;
          for (let color = 0; color < 3; color += 1) {
            sums[color]! += 255 + (bytes[at + (colors === 3 ? color : 0)]! - 255) * alpha;
          }
          count += 1;
        }
      }
      // Each row begins with the number of its filter: none.
      const to = y * (wide * 3 + 1) + 1 + x * 3;
      for (let color = 0; color < 3; color += 1) rows[to + color] = Math.round(sums[color]! / count);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(wide, 0);
  head.writeUInt32BE(high, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, ...parts]);
};

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
