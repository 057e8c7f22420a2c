/**
 * `npm run bench`: measures what the product promises, against the running program on SQLite and in Chromium, and says
 * PASS or FAIL for each. `npm run bench -- filter` measures only what has that word in its name.
 */

import { type Figure, isKept } from './figure.ts';
import { measureAcceptTime, measureMailPath } from './mail-path.ts';
import { measureFilter, measureFirstScript } from './pages.ts';
import { measureIdleMemory, measureStart } from './process.ts';

const measurements: readonly [name: string, measure: () => Promise<Figure[]>][] = [
  ['start', measureStart],
  ['memory', measureIdleMemory],
  ['script', measureFirstScript],
  ['filter', measureFilter],
  ['mail path', measureMailPath],
  ['accept', measureAcceptTime],
];

const wanted = process.argv[2] ?? '';
const figures: Figure[] = [];
for (const [name, measure] of measurements) {
  if (!name.includes(wanted)) continue;
  process.stderr.write(`measuring ${name} …\n`);
  figures.push(...(await measure()));
}

const rows = figures.map((figure) => [
  figure.what,
  `${figure.value.toFixed(figure.value < 10 ? 2 : 0)} ${figure.unit}`,
  figure.limit === null ? '' : `${figure.isLeast ? '≥' : '≤'} ${figure.limit} ${figure.unit}`,
  figure.limit === null ? '' : isKept(figure) ? 'PASS' : 'FAIL',
]);
const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
for (const [what = '', value = '', limit = '', verdict = ''] of rows) {
  console.log(
    `${what.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${limit.padEnd(widths[2] ?? 0)}  ${verdict}`,
  );
}
if (!figures.every(isKept)) process.exitCode = 1;
