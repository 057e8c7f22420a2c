import { statfsSync } from 'node:fs';
import os from 'node:os';
import { describe, expect, it } from 'vitest';
import { openDiskRoom } from './disk-room.ts';

describe('the room on a disk', () => {
  const folder = os.tmpdir();
  const { bavail, bsize } = statfsSync(folder);
  const open = (leastBytes: number, place = folder) => {
    const clock = { at: 0 };
    return { clock, ...openDiskRoom({ folder: place, leastBytes, monotonic: () => clock.at }) };
  };

  it('is enough, or not', async () => {
    expect(await open(1).hasRoom()).toBe(true);
    expect(await open(2 * bavail * bsize).hasRoom()).toBe(false);
  });

  it('is asked for again after a quarter of a second, and not before', async () => {
    const { clock, hasRoom } = open(1);
    const first = hasRoom();
    clock.at = 249;
    expect(hasRoom()).toBe(first);
    clock.at = 250;
    expect(hasRoom()).not.toBe(first);
  });

  it('is no reason to refuse anything where nobody can tell', async () => {
    expect(await open(1, '/nowhere/at/all').hasRoom()).toBe(true);
  });
});
