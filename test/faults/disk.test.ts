/** The disk under the program: full, failing, held by another program. P9, P10, P13 of docs/faults.md. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { canMountDisk } from '../support/installed.ts';
import { atEnd, closeAll, openBeside, readStates, startMailProgram, until } from './mail-program.ts';

afterEach(closeAll);

/** A disk of this size, as a folder. */
function mountDisk(megabytes: number): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  if (mounted.status !== 0) {
    rmdirSync(folder);
    throw new Error(`no tmpfs could be mounted: ${mounted.stderr}`);
  }
  atEnd(() => {
    spawnSync('umount', [folder]);
    rmdirSync(folder);
  });
  return folder;
}

/** Takes all room there is but so much. @returns what gives it back */
function fillDisk(folder: string, leftBytes = 0): () => void {
  const file = path.join(folder, 'filler');
  const handle = openSync(file, 'w');
  const { bavail, bsize } = statfsSync(folder);
  let left = bavail * bsize - leftBytes;
  const piece = Buffer.alloc(2 ** 20);
  try {
    // The last bytes are taken one by one: free room is counted in pages.
    while (left > 0) left -= writeSync(handle, piece, 0, Math.min(left, piece.length));
    if (leftBytes === 0) while (writeSync(handle, piece, 0, 1) === 1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  closeSync(handle);
  return () => rmSync(file);
}

describe.runIf(canMountDisk())('a disk without room', () => {
  it('takes no mail and says so, sends what it has, and takes mail again when there is room', async () => {
    const gate = Promise.withResolvers<void>();
    const dataFolder = mountDisk(200);
    const mail = await startMailProgram({ replies: { '.': { after: gate.promise, say: '250 ok' } } }, { dataFolder });
    const accepted = ['one', 'three', 'two'];
    for (const subject of accepted) expect((await mail.submit(subject)).status).toBe(200);
    const giveBack = fillDisk(dataFolder, 40 * 2 ** 20);
    await until(async () => (await mail.submit('refused')).status !== 200);
    const refused = await mail.submit('refused');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(refused.body.message).toContain('The disk is full.');

    gate.resolve();
    await until(() => accepted.every((subject) => readStates(dataFolder).states[subject] === 'sent'));
    expect(readStates(dataFolder).integrity).toBe('ok');
    giveBack();
    const startedAt = performance.now();
    await until(async () => (await mail.submit('after')).status === 200);
    expect(performance.now() - startedAt).toBeLessThan(5000);
    await until(() => mail.arrived().includes('after'));
    expect(
      mail
        .arrived()
        .filter((subject) => accepted.includes(subject))
        .sort(),
    ).toEqual(accepted);
  });

  it('keeps results that it cannot write down, sends nothing more meanwhile, and writes them when there is room', async () => {
    const gate = Promise.withResolvers<void>();
    const dataFolder = mountDisk(200);
    const mail = await startMailProgram({ replies: { '.': { after: gate.promise, say: '250 ok' } } }, { dataFolder });
    const ids: string[] = [];
    for (const subject of ['first', 'second', 'third']) ids.push((await mail.submit(subject)).body.id);
    await until(() => mail.arrived().length === 1);
    // So that there is no old log to write over.
    openBeside(dataFolder).pragma('wal_checkpoint(TRUNCATE)');
    const giveBack = fillDisk(dataFolder);
    gate.resolve();
    await until(() => mail.program.readOutput().includes('could not be recorded'));
    expect((await mail.submit('refused')).status).toBe(503);
    expect(readStates(dataFolder).states).toMatchObject({ second: 'queued', third: 'queued' });
    expect(mail.arrived()).toEqual(['first']);

    giveBack();
    const startedAt = performance.now();
    await until(() => Object.values(readStates(dataFolder).states).every((state) => state === 'sent'));
    expect((await mail.submit('after')).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(5000);
    await until(() => mail.arrived().length === 4);
    expect(mail.arrived().sort()).toEqual(['after', 'first', 'second', 'third']);
    const { attempts } = await mail.read(ids[0] as string);
    expect(attempts).toMatchObject([{ outcome: 'sent' }]);
    expect(readStates(dataFolder).integrity).toBe('ok');
    expect(await mail.program.stop()).toBe(0);
  });
});

describe('a database that another program holds', () => {
  it('costs no result and never stops the event loop; who submits is told to come again after five seconds', async () => {
    const gate = Promise.withResolvers<void>();
    const mail = await startMailProgram({ replies: { '.': { after: gate.promise, say: '250 ok' } } });
    const { id } = (await mail.submit('at the dot')).body;
    await until(() => mail.arrived().length === 1);
    const other = openBeside(mail.program.dataFolder);
    // As keys and sessions are that were not used for a while: noting that they are is a write.
    other.exec('UPDATE api_key SET last_used_at = 0; UPDATE web_session SET last_seen_at = last_seen_at - 600000');
    other.exec('BEGIN EXCLUSIVE');
    gate.resolve();
    const startedAt = performance.now();
    const refused = mail.submit('refused').then((answer) => ({ ...answer, after: performance.now() - startedAt }));
    let slowest = 0;
    for (let isAnswered = false; !isAnswered; ) {
      const askedAt = performance.now();
      expect((await fetch(`${mail.program.url}/healthz`)).status).toBe(200);
      slowest = Math.max(slowest, performance.now() - askedAt);
      isAnswered = await Promise.race([
        refused.then(() => true),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 50)),
      ]);
    }
    const { status, headers, after } = await refused;
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    expect(after).toBeGreaterThan(4500);
    expect(after).toBeLessThan(8000);
    expect(slowest).toBeLessThan(1000);
    other.exec('ROLLBACK');
    await until(async () => (await mail.read(id)).state === 'sent');
    expect((await mail.submit('after')).status).toBe(200);
    await until(() => mail.arrived().length === 2);
    expect((await mail.read(id)).attempts).toMatchObject([{ outcome: 'sent' }]);
  });
});
