/** Hostile templates in the real process. What they may take is what the product's limits say. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processArguments } from './process-rights.worker.ts';
import type { RenderUnit } from './template-job.ts';
import { openTemplateRunner, runnerLimits, type TemplateRunner } from './template-runner.worker.ts';
import { branding } from './test-data.ts';

const unit = (html: string, name = 'a'): RenderUnit => ({
  key: `${name} ${html.length} ${html.slice(0, 200)}`,
  version: name,
  texts: { subject: 'Hello {{ n }}', html, text: 'Hello' },
  brand: branding().values,
});
const input = (n: unknown = 1) => ({ variables: { n, items: [1, 2] } as never, language: 'en', inspectFor: 0 });
const isThere = (pid: number) => {
  try {
    // A process that has ended and was not waited for yet is there by its number alone.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('the template process', () => {
  let runner: TemplateRunner;
  beforeEach(() => {
    runner = openTemplateRunner('render');
  });
  afterEach(() => runner.close());

  it('starts with the first job, and gives back what was made, in whatever language', async () => {
    expect(runner.pid).toBeNull();
    const made = await runner.render(unit('<p>{{ n }} – 日本 👍</p>'), input('ü<b>'));
    expect(made).toEqual({
      ok: true,
      subject: 'Hello ü<b>',
      html: '<p>ü&lt;b&gt; – 日本 👍</p>',
      text: 'Hello',
      faults: [],
    });
    expect(runner.pid).not.toBeNull();
  });

  it('answers each of thousands that come at once with its own', async () => {
    const one = unit('<p>{{ n }}</p>');
    const made = await Promise.all(Array.from({ length: 3000 }, (_, n) => runner.render(one, input(n))));
    expect(made.map((answer) => answer.ok && answer.html)).toEqual(made.map((_, n) => `<p>${n}</p>`));
  });

  it('keeps as many templates as it may, and forgets', async () => {
    const all = Array.from({ length: 450 }, (_, at) => unit(`<p>{{ n }}</p>${at}`, `t${at}`));
    const made = await Promise.all([...all, ...all].map((one) => runner.render(one, input())));
    expect(made.every((answer) => answer.ok)).toBe(true);
  });

  it('starts again, and fails nobody, when the process was killed from outside', async () => {
    await runner.render(unit('x'), input());
    process.kill(runner.pid!, 'SIGKILL');
    expect(await runner.render(unit('y'), input())).toMatchObject({ ok: true, html: 'y' });
  });

  it('ends when there was nothing to do for some time', async () => {
    const short = openTemplateRunner('render', { ...runnerLimits, idleMs: 20 });
    await short.render(unit('x'), input());
    const pid = short.pid!;
    await expect.poll(() => isThere(pid), { timeout: 10_000 }).toBe(false);
    expect(await short.render(unit('x'), input())).toMatchObject({ ok: true });
    await short.close();
  });

  const million = '1000000';
  /** One call of one filter, which no limit of LiquidJS ends. */
  const longSort = '{% assign a = (1..1900000) | sort_natural %}{{ a.size }}';
  const hostile: [name: string, html: string][] = [
    ['nested loops', `{% for a in (1..${million}) %}{% for b in (1..${million}) %}{{ a }}{% endfor %}{% endfor %}`],
    [
      'loops that put nothing out',
      '{% for a in (1..9000) %}{% for b in (1..9000) %}{% assign x = b %}{% endfor %}{% endfor %}',
    ],
    ['a range as large as memory', '{% for a in (1..99999999999) %}x{% endfor %}'],
    ['a string that doubles', `{% assign s = "xxxxxxxxxx" %}${'{% assign s = s | append: s %}'.repeat(60)}{{ s }}`],
    [
      'an output that doubles',
      `{% capture s %}xxxxxxxxxx{% endcapture %}${'{% capture s %}{{ s }}{{ s }}{% endcapture %}'.repeat(40)}{{ s }}`,
    ],
    ['a date as wide as memory', "{{ 'x' | date: '%9999999d' }}{{ 'now' | date: '%999999999Y' }}"],
    [
      'an array that doubles',
      `{% assign a = "a,b,c" | split: "," %}${'{% assign a = a | concat: a %}'.repeat(40)}{{ a | join: "" }}`,
    ],
    ['a list that takes for ever to sort', longSort],
    [
      'a replacement that grows',
      `{% assign s = "${'a'.repeat(5000)}" %}{% assign s = s | replace: "a", s | replace: "a", s %}{{ s }}`,
    ],
    ['a file', '{% render "/etc/passwd" %}'],
    ['a file that it could know', '{% include "./liquid-engines.ts" %}'],
    ['a layout', '{% layout "../../package.json" %}'],
    ['a partial that calls itself', '{% include n %}'],
    ['the constructor', '{{ n.constructor.constructor }}'],
    ['the prototype', '{{ items.__proto__.push }}{{ brand.__proto__ }}'],
    ['what arrays inherit', '{{ items.map }}'],
    ['blocks as deep as the stack', `${'{% if n %}'.repeat(20_000)}${'{% endif %}'.repeat(20_000)}`],
    ['what the process knows', '{{ process.env }}'],
  ];
  it.each(hostile)('ends %s within a second, and others are rendered', async (name, html) => {
    await runner.render(unit('warm'), input());
    const bad = unit(html, `hostile ${name}`);
    const start = performance.now();
    let longestStall = 0;
    let last = start;
    const ticks = setInterval(() => {
      longestStall = Math.max(longestStall, performance.now() - last);
      last = performance.now();
    }, 5);
    const outcomes = Promise.all([
      runner.render(unit('good', 'good'), input()),
      runner.render(bad, input()),
      runner.render(unit('too', 'too'), input()),
    ]);
    const [before, answer, after] = await outcomes;
    clearInterval(ticks);
    expect(answer.ok && `it made ${answer.html.slice(0, 100)}`).toBe(false);
    expect([before, after]).toMatchObject([{ html: 'good' }, { html: 'too' }]);
    // A second for it, and what it takes to start the process again on a machine that others use too.
    expect(performance.now() - start).toBeLessThan(3000);
    expect(longestStall).toBeLessThan(500);
  });

  it('stops what does not end by itself at its limit, and only refuses that template for a while', async () => {
    await runner.render(unit('warm'), input());
    const pid = runner.pid!;
    const endless = unit(longSort, 'endless');
    const group = [unit('a'), unit('b'), endless, unit('c')];
    const made = await Promise.all(group.map((one) => runner.render(one, input())));
    expect(made.map(({ ok }) => ok)).toEqual([true, true, false, true]);
    const again = performance.now();
    expect((await runner.render(endless, input())).ok).toBe(false);
    expect(performance.now() - again).toBeLessThan(200);
    expect(runner.pid).not.toBe(pid);
  });

  it('may read its code and nothing else, and reach nothing', () => {
    const rights = processArguments('render').slice(0, -2);
    const readable = rights.flatMap((one) => /^--allow-fs-read=(.*)$/.exec(one)?.[1] ?? []);
    expect(readable.every((place) => /\/node_modules\/$|\/server\/template\/$|\/package\.json$/.test(place))).toBe(
      true,
    );
    const attempts = {
      readOther: "require('fs').readFileSync('/etc/passwd')",
      write: "require('fs').writeFileSync('/tmp/postern-must-not-be', 'x')",
      spawn: "require('child_process').spawnSync('true')",
      thread: "new (require('worker_threads').Worker)('1', { eval: true })",
      listen: "require('net').createServer().listen(0)",
      makeCode: "new Function('return 1')()",
    };
    const tried = Object.entries(attempts).map(([name, code]) => `try { ${code}; done.push('${name}') } catch {}`);
    const program = `const done = []; ${tried.join(';')}; process.stdout.write(JSON.stringify(done)); process.exit()`;
    expect(execFileSync(process.execPath, [...rights, '-e', program], { env: {}, encoding: 'utf8' })).toBe('[]');
  });
});

describe('the process that compiles', () => {
  let runner: TemplateRunner;
  beforeEach(() => {
    runner = openTemplateRunner('compile', { ...runnerLimits, jobMs: 3000 });
  });
  afterEach(() => runner.close());
  const mjml = (source: string) => runner.compile({ format: 'mjml', subject: 'x', source, text: null });

  it('is not held up by ten megabytes, and goes on', async () => {
    const large = '<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>'.repeat(150_000);
    const answer = await mjml(large);
    expect(answer.ok && answer.compiled.texts).toBeFalsy();
    expect(await mjml('<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>')).toMatchObject({
      ok: true,
    });
  });

  it('reads no file for mj-include', async () => {
    const answer = await mjml(
      '<mj-include path="/etc/passwd" /><mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>',
    );
    expect(JSON.stringify(answer)).not.toContain('root:');
    expect(answer.ok && answer.compiled.problems.length + (answer.compiled.texts ? 1 : 0)).toBeGreaterThan(0);
  });
});
