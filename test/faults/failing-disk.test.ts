/** A disk that fails under a write, and power that is cut: P11 and P12 of docs/faults.md. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../server/database/open.ts';
import { openQueueStore } from '../../server/queue/queue.store.ts';
import { canTrace } from '../support/installed.ts';
import { startProgram } from '../support/program.ts';
import { atEnd, closeAll, readStates, startMailProgram, until } from './mail-program.ts';
import { readSteps, recordTo, type Step, trace } from './trace.ts';

afterEach(closeAll);

describe.runIf(canTrace())('a disk that fails', () => {
  it.each([1, 2, 5])(
    'from flush %i on: acknowledges nothing more, ends by itself, and has what it acknowledged when it is started again',
    async (flush) => {
      // Nothing leaves meanwhile, so that flushes belong to submissions.
      const mail = await startMailProgram({ replies: { greeting: '421 4.3.2 busy' } });
      const acknowledged = ['before'];
      expect((await mail.submit('before')).status).toBe(200);
      await trace(mail.program.pid, [
        '-o',
        '/dev/null',
        '-e',
        'trace=fsync,fdatasync',
        '-e',
        `inject=fsync,fdatasync:error=EIO:when=${flush}+`,
      ]);
      let hasFailed = false;
      for (let place = 0; place < 20 && !hasFailed; place += 1) {
        const { status } = await mail.submit(`m${place}`).catch(() => ({ status: 0 }));
        if (status === 200) acknowledged.push(`m${place}`);
        else hasFailed = true;
      }
      expect(hasFailed).toBe(true);
      expect(await mail.program.ended).not.toBe(0);
      expect(mail.program.readOutput()).toContain('the database can no longer be written');
      const second = await startProgram(mail.again);
      atEnd(() => second.stop());
      const { states, integrity } = readStates(mail.program.dataFolder);
      expect(integrity).toBe('ok');
      for (const subject of acknowledged) expect(Object.keys(states)).toContain(subject);
    },
  );
});

/** The files as a disk has them that lost everything it was not told to flush. */
function openDisk(folder: string, names: readonly string[]) {
  const files = new Map<string, Buffer>(
    names.map((name) => [path.join(folder, name), readFileSync(path.join(folder, name))]),
  );
  const pending = new Map<string, Step[]>();
  const apply = (before: Buffer, step: Step): Buffer => {
    if (step.kind === 'truncate') {
      const cut = Buffer.alloc(step.bytes);
      before.copy(cut);
      return cut;
    }
    if (step.kind !== 'write') return before;
    const after = Buffer.alloc(Math.max(before.length, step.at + step.bytes.length));
    before.copy(after);
    step.bytes.copy(after, step.at);
    return after;
  };
  return {
    take: (step: Step) => {
      if (step.kind === 'say' || !files.has(step.file)) return;
      if (step.kind !== 'flush') return void pending.set(step.file, [...(pending.get(step.file) ?? []), step]);
      files.set(step.file, (pending.get(step.file) ?? []).reduce(apply, files.get(step.file) as Buffer));
      pending.delete(step.file);
    },
    /** What stands there after the cut. */
    copyTo: (place: string) => {
      mkdirSync(place, { recursive: true });
      for (const [file, bytes] of files) writeFileSync(path.join(place, path.basename(file)), bytes);
    },
  };
}

describe.runIf(canTrace())('a power cut', () => {
  it('has flushed what it acknowledges before it answers, and the mark before the dot', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-power-'));
    atEnd(() => rmSync(folder, { recursive: true, force: true }));
    const mail = await startMailProgram();
    expect((await mail.submit('before')).status).toBe(200);
    await until(() => readStates(mail.program.dataFolder).states.before === 'sent');
    const names = ['postern.db', 'postern.db-wal'];
    const base = path.join(folder, 'base');
    mkdirSync(base);
    const log = path.join(folder, 'trace');
    const stopTrace = await trace(mail.program.pid, recordTo(log));
    for (const name of names) copyFileSync(path.join(mail.program.dataFolder, name), path.join(base, name));
    const ids = new Map<string, string>();
    for (let place = 0; place < 6; place += 1) ids.set(`m${place}`, (await mail.submit(`m${place}`)).body.id);
    await until(() => mail.arrived().length === 7);
    await stopTrace();

    const disk = openDisk(base, names);
    const seen = { answers: 0, dots: 0 };
    for (const step of readSteps(log)) {
      disk.take({ ...step, ...('file' in step && { file: path.join(base, path.basename(step.file)) }) });
      if (step.kind !== 'say') continue;
      const said = step.bytes.toString('latin1');
      const answered = said.startsWith('HTTP/1.1 200') ? /"id":"(msg_\w+)"/.exec(said)?.[1] : undefined;
      const atDot = said.includes('\r\n.\r\n') ? /Subject: (m\d)/.exec(said)?.[1] : undefined;
      if (answered === undefined && atDot === undefined) continue;
      const place = path.join(folder, `cut-${seen.answers}-${seen.dots}`);
      disk.copyTo(place);
      const database = await openDatabase({ kind: 'sqlite', file: path.join(place, 'postern.db') });
      if (database.kind !== 'sqlite') throw new Error('not SQLite');
      expect(database.sqlite.pragma('integrity_check', { simple: true })).toBe('ok');
      const read = (id: string) =>
        database.query.selectFrom('message').select('state').where('id', '=', id).executeTakeFirst();
      if (answered !== undefined) {
        seen.answers += 1;
        expect(await read(answered), `${answered} was acknowledged`).toBeDefined();
      }
      if (atDot !== undefined) {
        seen.dots += 1;
        // As the next start does: what may be out is named, and not taken for unsent.
        await openQueueStore(database).recoverLost(Date.now() + 600_000, null);
        expect(await read(ids.get(atDot) ?? ''), `${atDot} was at its dot`).toEqual({ state: 'uncertain' });
      }
      await database.close();
    }
    expect(seen).toEqual({ answers: 6, dots: 6 });
  });
});
