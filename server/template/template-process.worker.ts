/**
 * The program of the template process. It may read its own code and nothing else: no other file, no network, no process,
 * no thread (Node's permission model); who started it stops it when a job takes too long (template-runner.worker.ts).
 *
 * Answers are handed over before the next job begins, a few milliseconds of them at a time: what was done is not lost with
 * the job that has to be stopped.
 */
import { fillUnit, type ParsedUnit, parseUnit } from './fill-unit.ts';
import { openFrameReader, writeFrame } from './frames.ts';
import { inspectHtml } from './inspect-html.ts';
import { openLiquidEngines } from './liquid-engines.ts';
import type { FromProcess, JobAnswer, JobInput, RenderUnit, ToProcess } from './template-job.ts';

const flushAfterMs = 3;
const mostUnits = 200;

const engines = openLiquidEngines();
const units = new Map<string, RenderUnit>();
const parsed = new Map<string, ParsedUnit>();

let answers: JobAnswer[] = [];
let texts: Buffer[] = [];
let flushedAt = performance.now();

/** The pipe is written at once, as standard output is on the systems that Postern runs on. */
function say(head: FromProcess, more: readonly Buffer[] = []): void {
  process.stdout.write(writeFrame(head, more));
}

function flush(): void {
  if (answers.length > 0) say({ kind: 'answers', answers }, texts);
  answers = [];
  texts = [];
  flushedAt = performance.now();
}

function render(id: number, job: JobInput & { kind: 'render' }): JobAnswer {
  let unit = parsed.get(job.unit);
  if (!unit) {
    unit = parseUnit(units.get(job.unit)!, engines);
    parsed.set(job.unit, unit);
  }
  const filled = fillUnit(unit, job, engines);
  if (!filled.ok) return { id, ...filled };
  const made = [filled.subject, filled.html, filled.text].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
  texts.push(...made);
  const faults = job.inspectFor > 0 && { faults: inspectHtml(filled.html, job.inspectFor) };
  return { id, ok: true, bytes: [made[0].length, made[1].length, made[2].length], ...faults };
}

async function work(id: number, input: JobInput): Promise<JobAnswer> {
  if (input.kind === 'render') return render(id, input);
  // Only the process that compiles loads MJML: it is large.
  const { compileTemplate } = await import('./compile-template.ts');
  return { id, ok: true, compiled: await compileTemplate(input.template, engines) };
}

async function take(head: ToProcess): Promise<void> {
  if (head.kind === 'forget') {
    units.clear();
    parsed.clear();
  } else if (head.kind === 'unit') {
    if (units.size >= mostUnits) throw new Error('more units than were agreed');
    units.set(head.unit.key, head.unit);
  } else {
    for (const { id, input } of head.jobs) {
      if (performance.now() - flushedAt > flushAfterMs) flush();
      answers.push(await work(id, input));
    }
    flush();
  }
}

if (process.argv[2] === 'compile') {
  const { compileTemplate } = await import('./compile-template.ts');
  // The first one takes several times as long as those that follow: it is not to be somebody's, whose second runs.
  const source =
    '<mj-section><mj-column><mj-text>{{ it }}</mj-text><mj-button href="#">{{ it }}</mj-button></mj-column></mj-section>';
  await compileTemplate({ subject: '{{ it }}', format: 'mjml', source, text: '' }, engines);
}
let line: Promise<void> = Promise.resolve();
process.stdin.on(
  'data',
  openFrameReader(({ head }) => {
    line = line.then(() => take(head as ToProcess));
  }),
);
process.stdin.on('end', () => process.exit());
say({ kind: 'ready' });
