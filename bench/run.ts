/**
 * `npm run bench`: measures what the product promises, against the running program, in Chromium and beside its peers in the
 * same run, and says PASS or FAIL for each. `npm run bench -- filter` measures only what has that word in its name.
 */
import { measureComposer } from './compose.bench.ts';
import { measureContacts } from './contacts.ts';
import { type Figure, format, fromLimited, fromPeerRow } from './figure.ts';
import { measureBillingRun, measurePdf } from './invoice.ts';
import { measureLogSearch } from './log-search.ts';
import { measureAcceptTime, measureMailPath } from './mail-path.ts';
import { measureFilter, measureFirstScript } from './pages.ts';
import { measureIdleMemory, measureStart } from './process.ts';
import { measureRetention } from './retention.ts';
import { measureSession } from './session.bench.ts';
import { measureTemplate } from './template.ts';
import { measureWaiting } from './waiting.ts';

const measurements: readonly [name: string, measure: () => Promise<Figure[]>][] = [
  ['start', measureStart],
  ['memory', measureIdleMemory],
  ['script', measureFirstScript],
  ['filter', measureFilter],
  ['composer', async () => (await measureComposer()).map(fromPeerRow)],
  ['session', async () => (await measureSession()).map(fromPeerRow)],
  ['log search', measureLogSearch],
  ['retention', measureRetention],
  ['template', measureTemplate],
  ['mail path', async () => (await measureMailPath()).map(fromLimited)],
  ['accept', async () => (await measureAcceptTime()).map(fromLimited)],
  ['waiting', measureWaiting],
  ['contacts', measureContacts],
  ['pdf', measurePdf],
  ['billing run', measureBillingRun],
];

const wanted = process.argv[2] ?? '';
const figures: Figure[] = [];
for (const [name, measure] of measurements) {
  if (!name.includes(wanted)) continue;
  process.stderr.write(`measuring ${name} …\n`);
  figures.push(...(await measure()));
}

const rows = figures.map(({ what, value, unit, beside, promise, isKept }) => [
  what,
  `${format(value)} ${unit}`,
  beside,
  promise,
  promise === '' ? '' : isKept ? 'PASS' : 'FAIL',
]);
rows.unshift(['', 'Postern', 'peer', 'promised', '']);
const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
for (const row of rows)
  console.log(
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
if (!figures.every(({ isKept }) => isKept)) process.exitCode = 1;
