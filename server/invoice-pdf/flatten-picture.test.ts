import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { flattenPicture } from './flatten-picture.ts';

const read = (png: Buffer) => {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const at = png.indexOf('IDAT');
  return { width, height, rows: inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4))) };
};

describe('a logo without transparency', () => {
  it('has what shows through on white paper', () => {
    const bytes = Uint8Array.from([255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 0, 51]);
    const { width, height, rows } = read(flattenPicture({ width: 3, height: 1, colors: 3, bytes }));
    expect([width, height, ...rows]).toEqual([3, 1, 0, 255, 0, 0, 255, 255, 255, 204, 204, 204]);
  });

  it('may be grey', () => {
    const { rows } = read(flattenPicture({ width: 1, height: 1, colors: 1, bytes: Uint8Array.from([100, 255]) }));
    expect([...rows]).toEqual([0, 100, 100, 100]);
  });

  it('is no finer than it is printed, and mixes what falls together', () => {
    const bytes = new Uint8Array(2000 * 600 * 4).map((_, at) =>
      at % 4 === 3 ? 255 : Math.floor(at / 4) % 2 === 0 ? 0 : 200,
    );
    const { width, height, rows } = read(flattenPicture({ width: 2000, height: 600, colors: 3, bytes }));
    expect([width, height, ...rows.subarray(0, 4)]).toEqual([1000, 300, 0, 100, 100, 100]);
  });
});
