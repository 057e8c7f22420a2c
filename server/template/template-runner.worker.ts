/**
 * Runs templates where they can do no harm: in a process of their own, which may read its code and nothing else, has 64 MB
 * for values, and is stopped when a job takes longer than a second or more memory than that.
 *
 * Many jobs travel together. When one of them does not end, those of its group are tried again one by one, so that only the
 * one that is at fault fails; its template is then refused for some seconds, and everybody else's goes on. The process is
 * started by the first job and ends when there was none for some minutes.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { CompileResult } from './compile-template.ts';
import { type Frame, openFrameReader, writeFrame } from './frames.ts';
import type { HtmlFault } from './inspect-html.ts';
import { processArguments, processFolder } from './process-rights.worker.ts';
import type { FromProcess, JobAnswer, JobInput, RenderFault, RenderUnit, ToProcess } from './template-job.ts';

type RenderInput = Pick<JobInput & { kind: 'render' }, 'variables' | 'language' | 'inspectFor'>;
type CompileInput = (JobInput & { kind: 'compile' })['template'];
type Fault = { ok: false; fault: RenderFault };
export type RenderAnswer = { ok: true; subject: string; html: string; text: string; faults: HtmlFault[] } | Fault;
export type CompileAnswer = { ok: true; compiled: CompileResult } | Fault;

export interface TemplateRunner {
  render: (unit: RenderUnit, input: RenderInput) => Promise<RenderAnswer>;
  compile: (template: CompileInput) => Promise<CompileAnswer>;
  /** Of the process; null while there is none. */
  readonly pid: number | null;
  close: () => Promise<void>;
}

export interface RunnerLimits {
  /** Of one job alone. */
  jobMs: number;
  /** Of the first sign of life from a group; what is left of `jobMs` is for the job that is then tried alone. */
  groupMs: number;
  /** More than the process had when it was ready. */
  memoryBytes: number;
  /** How long a template is refused that had to be stopped. */
  refusedMs: number;
  idleMs: number;
}

export const runnerLimits: RunnerLimits = {
  jobMs: 1000,
  groupMs: 250,
  memoryBytes: 96 * 1024 * 1024,
  refusedMs: 10_000,
  idleMs: 5 * 60_000,
};

const mostInGroup = 64;
/** One is worked on, one waits in the pipe. */
const mostGroups = 2;
const mostUnits = 200;
const memoryLookMs = 50;
/** Loading the code, on a machine that is busy. */
const startMs = 20_000;
const mostStarts = 3;
/** Nothing of ours. The C library keeps what was freed for each thread of a process; one such heap is enough for this one. */
const env = { MALLOC_ARENA_MAX: '1' };

const stopped: RenderFault = {
  code: 'too_slow',
  message: 'The template takes longer than a second, or more than 64 MB, with these variables. Make it simpler.',
};

interface Job {
  id: number;
  input: JobInput;
  unit: RenderUnit | null;
  /** Alone with a process that ended for a reason of its own. */
  wasUnlucky: boolean;
  settle: (answer: JobAnswer, texts: Buffer) => void;
  fail: (error: Error) => void;
}

interface Running {
  child: ChildProcessByStdio<Writable, Readable, null>;
  isReady: boolean;
  /** By us, for a limit. */
  wasStopped: boolean;
  readyBytes: number;
  units: Set<string>;
  /** Jobs that were sent and not answered, in order. */
  sent: Map<number, Job>;
  groups: number[];
}

/** @param kind the one that compiles has MJML loaded. */
export const openTemplateRunner = (kind: 'render' | 'compile', limits: RunnerLimits = runnerLimits): TemplateRunner => {
  let running: Running | null = null;
  let waiting: Job[] = [];
  /** To be tried alone. */
  let suspects: Job[] = [];
  let failedStarts = 0;
  let lastId = 0;
  let isClosed = false;
  let progress = 0;
  let watch: NodeJS.Timeout | undefined;
  let memoryWatch: NodeJS.Timeout | undefined;
  let idle: NodeJS.Timeout | undefined;
  let isPumping = false;
  const refusedUntil = new Map<string, number>();

  const refuse = (job: Job) => job.settle({ id: job.id, ok: false, fault: stopped }, Buffer.alloc(0));
  const isRefused = ({ unit }: Job) => unit !== null && (refusedUntil.get(unit.version) ?? 0) > performance.now();

  const start = () => {
    const child = spawn(process.execPath, processArguments(kind), {
      env,
      cwd: processFolder,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const mine: Running = {
      child,
      isReady: false,
      wasStopped: false,
      readyBytes: 0,
      units: new Set(),
      sent: new Map(),
      groups: [],
    };
    running = mine;
    const read = openFrameReader((frame) => running === mine && take(mine, frame));
    child.stdout.on('data', (chunk: Buffer) => {
      try {
        read(chunk);
      } catch {
        stop(mine);
      }
    });
    // It may end while something is written to it; its exit says so.
    child.stdin.on('error', () => {});
    child.once('error', () => ended(mine, null));
    child.once('exit', (_, signal) => ended(mine, signal));
    arm(startMs);
  };

  const stop = (mine: Running) => {
    mine.wasStopped = true;
    mine.child.kill('SIGKILL');
  };

  const take = (mine: Running, { head, texts }: Frame) => {
    const said = head as FromProcess;
    progress += 1;
    if (said.kind === 'ready') {
      mine.isReady = true;
      failedStarts = 0;
      mine.readyBytes = readMemory(mine.child.pid) ?? 0;
    } else {
      let from = 0;
      for (const answer of said.answers) {
        const length = 'bytes' in answer ? answer.bytes[0] + answer.bytes[1] + answer.bytes[2] : 0;
        const job = mine.sent.get(answer.id);
        mine.sent.delete(answer.id);
        mine.groups[0]! -= 1;
        if (mine.groups[0] === 0) mine.groups.shift();
        job?.settle(answer, texts.subarray(from, from + length));
        from += length;
      }
    }
    pump();
  };

  const ended = (mine: Running, signal: NodeJS.Signals | null) => {
    if (running !== mine) return;
    running = null;
    const left = [...mine.sent.values()];
    if (!mine.isReady) failedStarts += 1;
    const [job] = left;
    const isAtFault = mine.wasStopped || job?.wasUnlucky || (signal !== null && signal !== 'SIGKILL');
    if (job) job.wasUnlucky ||= left.length === 1;
    if (job && left.length === 1 && isAtFault) {
      if (job.unit) refusedUntil.set(job.unit.version, performance.now() + limits.refusedMs);
      refuse(job);
    } else {
      suspects = [...left, ...suspects];
    }
    const drop = (jobs: Job[]) => jobs.filter((job) => !isRefused(job) || refuse(job));
    suspects = drop(suspects);
    waiting = drop(waiting);
    if (failedStarts >= mostStarts || isClosed) {
      const jobs = [...suspects, ...waiting];
      [suspects, waiting, failedStarts] = [[], [], 0];
      for (const job of jobs) job.fail(new Error('the template process cannot be started, or ended at once'));
    }
    pump();
  };

  const pump = () => {
    isPumping = false;
    if (suspects.length + waiting.length > 0) {
      if (!running) start();
      else if (running.isReady) sendMore(running);
    }
    rest();
  };

  const sendMore = (mine: Running) => {
    if (suspects.length > 0) {
      if (mine.sent.size === 0) send(mine, [suspects.shift()!]);
      return;
    }
    while (waiting.length > 0 && mine.groups.length < mostGroups) send(mine, waiting.splice(0, mostInGroup));
  };

  const send = (mine: Running, jobs: Job[]) => {
    const say = (message: ToProcess) => mine.child.stdin.write(writeFrame(message));
    for (const { unit } of jobs) {
      if (!unit || mine.units.has(unit.key)) continue;
      if (mine.units.size >= mostUnits) {
        mine.units.clear();
        say({ kind: 'forget' });
        // Those of this very group that were known.
        for (const other of jobs) if (other.unit) tellUnit(mine, other.unit, say);
      }
      tellUnit(mine, unit, say);
    }
    for (const job of jobs) mine.sent.set(job.id, job);
    mine.groups.push(jobs.length);
    say({ kind: 'jobs', jobs: jobs.map(({ id, input }) => ({ id, input })) });
  };

  const tellUnit = (mine: Running, unit: RenderUnit, say: (message: ToProcess) => void) => {
    if (mine.units.has(unit.key)) return;
    mine.units.add(unit.key);
    say({ kind: 'unit', unit });
  };

  /** The watches that the present work needs; and only work keeps the server alive. */
  const rest = () => {
    clearTimeout(watch);
    clearTimeout(idle);
    if (!running) return clearInterval(memoryWatch);
    const { child, sent, isReady } = running;
    const isBusy = sent.size > 0 || !isReady;
    for (const held of [child, child.stdin as Socket, child.stdout as Socket]) {
      if (isBusy) held.ref();
      else held.unref();
    }
    if (!isReady) return arm(startMs);
    if (isBusy) {
      arm(sent.size === 1 ? limits.jobMs - (suspects.length > 0 ? limits.groupMs : 0) : limits.groupMs);
      if (memoryWatch === undefined) memoryWatch = setInterval(lookAtMemory, memoryLookMs);
    } else {
      clearInterval(memoryWatch);
      memoryWatch = undefined;
      const mine = running;
      idle = setTimeout(() => mine.child.kill('SIGKILL'), limits.idleMs).unref();
    }
  };

  const arm = (milliseconds: number) => {
    clearTimeout(watch);
    const [mine, seen] = [running, progress];
    // Where it was this process that stood still, the answer is there already.
    const check = () => {
      if (mine && running === mine && progress === seen) stop(mine);
    };
    watch = setTimeout(() => setImmediate(check), milliseconds);
  };

  const lookAtMemory = () => {
    if (!running?.isReady) return;
    const bytes = readMemory(running.child.pid);
    if (bytes !== null && bytes > running.readyBytes + limits.memoryBytes) stop(running);
  };

  const ask = (input: JobInput, unit: RenderUnit | null) =>
    new Promise<{ answer: JobAnswer; texts: Buffer }>((resolve, reject) => {
      if (isClosed) return reject(new Error('the templates are closed'));
      lastId += 1;
      const settle: Job['settle'] = (answer, texts) => resolve({ answer, texts });
      const job: Job = { id: lastId, input, unit, wasUnlucky: false, settle, fail: reject };
      if (isRefused(job)) return refuse(job);
      waiting.push(job);
      // What is asked for at once travels together.
      if (!isPumping) queueMicrotask(pump);
      isPumping = true;
    });

  return {
    render: async (unit, input) => {
      const { answer, texts } = await ask({ kind: 'render', unit: unit.key, ...input }, unit);
      if (!answer.ok) return { ok: false, fault: answer.fault };
      if (!('bytes' in answer)) throw new Error('the template process answered something else');
      const [subject, html, text] = answer.bytes;
      return {
        ok: true,
        subject: texts.toString('utf8', 0, subject),
        html: texts.toString('utf8', subject, subject + html),
        text: texts.toString('utf8', subject + html, subject + html + text),
        faults: answer.faults ?? [],
      };
    },
    compile: async (template) => {
      const { answer } = await ask({ kind: 'compile', template }, null);
      if (!answer.ok) return { ok: false, fault: answer.fault };
      if (!('compiled' in answer)) throw new Error('the template process answered something else');
      return { ok: true, compiled: answer.compiled };
    },
    get pid() {
      return running?.child.pid ?? null;
    },
    close: async () => {
      isClosed = true;
      if (!running) return;
      const { child } = running;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.ref();
      child.kill('SIGKILL');
      await gone;
    },
  };
};

const pageBytes = 4096;

/** Resident, as Linux tells it; elsewhere the limit of the heap stands alone. */
function readMemory(pid: number | undefined): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * pageBytes;
  } catch {
    return null;
  }
}
