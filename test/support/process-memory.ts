/** What a program and the processes it has started hold, as the kernel counts. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

export interface HeldMemory {
  /** Megabytes, of all of them together. */
  total: number;
  /** Megabytes of each but the program itself: its last argument and what it holds alone. */
  children: Record<string, number>;
}

/**
 * Memory of its own counts for each process; what lies in files, mostly Node itself, is the same pages in all of them and
 * counts once, for the one that has most of it.
 */
export function readHeldMemory(pid: number): HeldMemory {
  const processes = listWithChildren(pid).flatMap((one) => readProcess(one) ?? []);
  const own = processes.reduce((sum, { ownMb }) => sum + ownMb, 0);
  const files = Math.max(...processes.map(({ fileMb }) => fileMb));
  const children = processes.filter((one) => one.pid !== pid).map(({ name, ownMb }) => [name, Math.round(ownMb)]);
  return { total: own + files, children: Object.fromEntries(children) };
}

/** @returns ends the watch, with what was held when it was most */
export function watchHeldMemory(pid: number): () => HeldMemory {
  let most = readHeldMemory(pid);
  const timer = setInterval(() => {
    const now = readHeldMemory(pid);
    if (now.total > most.total) most = now;
  }, 50);
  timer.unref();
  return () => {
    clearInterval(timer);
    return most;
  };
}

function listWithChildren(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const text = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')).join(' ');
    return [pid, ...(text.match(/\d+/g) ?? []).flatMap((child) => listWithChildren(Number(child)))];
  } catch {
    return [];
  }
}

/** Null: it has ended. */
function readProcess(pid: number) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
    const name = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').at(-2) ?? '';
    return { pid, name, ownMb: read('RssAnon') + read('RssShmem'), fileMb: read('RssFile') };
  } catch {
    return null;
  }
}
