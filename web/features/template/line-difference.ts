/** Two texts line by line: what both have, what only the older and what only the newer one has. */

export interface DifferentLine {
  kind: 'same' | 'removed' | 'added';
  text: string;
  /** From 1; null where the side has no such line. */
  before: number | null;
  after: number | null;
}

/** Beyond it a minute of computing shows nothing that a person could read. */
const mostCells = 4_000_000;

export function differLines(before: string, after: string): DifferentLine[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  const middle = differMiddle(old.slice(start, old.length - end), now.slice(start, now.length - end));
  const kinds = [...Array<DifferentLine['kind']>(start).fill('same'), ...middle, ...Array<'same'>(end).fill('same')];
  let [one, other] = [0, 0];
  return kinds.map((kind) => {
    if (kind !== 'added') one += 1;
    if (kind !== 'removed') other += 1;
    return {
      kind,
      text: (kind === 'removed' ? old[one - 1] : now[other - 1]) ?? '',
      before: kind === 'added' ? null : one,
      after: kind === 'removed' ? null : other,
    };
  });
}

/** Longest common subsequence; what was removed stands before what was added. */
function differMiddle(old: readonly string[], now: readonly string[]): DifferentLine['kind'][] {
  const [rows, columns] = [old.length, now.length];
  const replaced = (): DifferentLine['kind'][] => [
    ...Array<'removed'>(rows).fill('removed'),
    ...Array<'added'>(columns).fill('added'),
  ];
  if (rows === 0 || columns === 0 || rows * columns > mostCells) return replaced();
  const width = columns + 1;
  const common = new Uint32Array((rows + 1) * width);
  const at = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        old[row] === now[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const kinds: DifferentLine['kind'][] = [];
  let [row, column] = [0, 0];
  while (row < rows && column < columns) {
    if (old[row] === now[column]) {
      kinds.push('same');
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) {
      kinds.push('removed');
      row += 1;
    } else {
      kinds.push('added');
      column += 1;
    }
  }
  return [...kinds, ...Array<'removed'>(rows - row).fill('removed'), ...Array<'added'>(columns - column).fill('added')];
}

/** A run of lines to show, or how many unchanged ones are left out. */
export type DifferencePiece = { lines: DifferentLine[] } | { skipped: number };

/** Only what changed, with `around` unchanged lines before and after. */
export function foldSame(lines: readonly DifferentLine[], around: number): DifferencePiece[] {
  const isNear = (index: number) =>
    lines.slice(Math.max(0, index - around), index + around + 1).some(({ kind }) => kind !== 'same');
  const pieces: DifferencePiece[] = [];
  lines.forEach((line, index) => {
    const last = pieces.at(-1);
    if (isNear(index)) {
      if (last && 'lines' in last) last.lines.push(line);
      else pieces.push({ lines: [line] });
    } else if (last && 'skipped' in last) last.skipped += 1;
    else pieces.push({ skipped: 1 });
  });
  return pieces;
}
