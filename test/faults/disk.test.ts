/** The disk under the program: full, failing, held by another program. P9, P10, P13 of docs/faults.md. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isRoot } from '../support/installed.ts';
import { atEnd, closeAll, openBeside, readStates, startMailProgram } from './mail-program.ts';

afterEach(closeAll);

/** A disk of this size, as a folder; null where nobody may mount one. */
function mountDisk(megabytes: number): string | null {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  if (mounted.status !== 0) {
    rmdirSync(folder);
    return null;
  }
  atEnd(() => {
    spawnSync('umount', [folder]);
    rmdirSync(folder);
  });
  return folder;
}

/** Takes all room there is. @returns what gives it back */
function fillDisk(folder: string): () => void {
  const file = path.join(folder, 'filler');
  const handle = openSync(file, 'w');
  for (const bytes of [1 << 20, 4096, 1]) {
    const piece = Buffer.alloc(bytes);
    try {
      while (writeSync(handle, piece) === bytes);
    } catch {
      // Full for pieces of this size.
    }
  }
  closeSync(handle);
  return () => rmSync(file);
}

const canMount = isRoot && process.platform === 'linux';

describe.runIf(canMount)('a disk without room', () => {
  it('takes no mail and says so, goes on sending what it has, and takes mail again when there is room', async () => {
    const gate = Promise.withResolvers<void>();
    const dataFolder = mountDisk(24);
    if (dataFolder === null) throw new Error('root may not mount a tmpfs here');
    const mail = await startMailProgram({ replies: { '.': { after: gate.promise, say: '250 ok' } } }, { dataFolder });
    const acknowledged = ['before'];
    expect((await mail.submit('before')).status).toBe(200);
    const large = { attachments: [{ filename: 'a.bin', content: Buffer.alloc(1_500_000, 'x').toString('base64') }] };
    let refused = await mail.submit('large 0', large);
    for (let place = 1; refused.status === 200; place += 1) {
      acknowledged.push(`large ${place - 1}`);
      // Another one each time: the same attachment is stored once.
      const content = Buffer.alloc(1_500_000, String(place)).toString('base64');
      refused = await mail.submit(`large ${place}`, { attachments: [{ filename: 'a.bin', content }] });
    }
    expect(acknowledged.length).toBeGreaterThan(2);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(refused.body.message).toContain('The disk is full.');

    gate.resolve();
    await mail
      .until(() => mail.arrived().length >= acknowledged.length, 8000)
      .catch(async (e) => {
        console.log(
          mail.arrived(),
          acknowledged,
          readStates(dataFolder),
          spawnSync('sh', ['-c', 'ls -la ' + dataFolder + '; df ' + dataFolder]).stdout.toString(),
          mail.program.readOutput().slice(-6000),
        );
        throw e;
      });
    await mail.until(() => Object.values(readStates(dataFolder).states).every((state) => state === 'sent'));
    expect(mail.arrived().sort()).toEqual(acknowledged.sort());

    const { states, integrity } = readStates(dataFolder);
    expect([Object.keys(states).sort(), integrity]).toEqual([acknowledged, 'ok']);
    openBeside(dataFolder).exec('DELETE FROM content; DELETE FROM blob; PRAGMA wal_checkpoint(TRUNCATE); VACUUM');
    expect((await mail.submit('after')).status).toBe(200);
    await mail.until(() => mail.arrived().includes('after'));
  });

  it('keeps results that it cannot write down, sends nothing more meanwhile, and writes them when there is room', async () => {
    const gate = Promise.withResolvers<void>();
    const dataFolder = mountDisk(24);
    if (dataFolder === null) throw new Error('root may not mount a tmpfs here');
    const mail = await startMailProgram({ replies: { '.': { after: gate.promise, say: '250 ok' } } }, { dataFolder });
    const ids: string[] = [];
    for (const subject of ['first', 'second', 'third']) ids.push((await mail.submit(subject)).body.id);
    await mail.until(() => mail.arrived().length === 1);
    // So that there is no old log to write over.
    openBeside(dataFolder).pragma('wal_checkpoint(TRUNCATE)');
    const giveBack = fillDisk(dataFolder);
    gate.resolve();
    await mail.until(() => mail.program.readOutput().includes('could not be recorded'));
    expect((await mail.submit('refused')).status).toBe(503);
    expect(readStates(dataFolder).states).toMatchObject({ second: 'queued', third: 'queued' });
    expect(mail.arrived()).toEqual(['first']);

    giveBack();
    const startedAt = performance.now();
    await mail.until(() => Object.values(readStates(dataFolder).states).every((state) => state === 'sent'));
    expect((await mail.submit('after')).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(5000);
    await mail.until(() => mail.arrived().length === 4);
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
    await mail.until(() => mail.arrived().length === 1);
    const other = openBeside(mail.program.dataFolder);
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
    await mail.until(async () => (await mail.read(id)).state === 'sent');
    expect((await mail.submit('after')).status).toBe(200);
    await mail.until(() => mail.arrived().length === 2);
    expect((await mail.read(id)).attempts).toMatchObject([{ outcome: 'sent' }]);
  });
});
