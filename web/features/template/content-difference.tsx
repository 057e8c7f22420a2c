import type { TemplateContent } from '../../../contracts/template.ts';
import { compareContents } from './compare-contents.ts';
import classes from './content-difference.module.css';
import { type DifferentLine, foldSame } from './line-difference.ts';

const aroundLines = 2;

/** What changed from one version to another: short fields side by side, long ones as lines with − and +. */
export function ContentDifferences({ before, after }: { before: TemplateContent; after: TemplateContent }) {
  const differences = compareContents(before, after);
  if (differences.length === 0) return <p className={classes.none}>Both say the same.</p>;
  return (
    <div className={classes.differences}>
      {differences.map((one) => (
        <section key={one.label} aria-label={one.label}>
          <h4>{one.label}</h4>
          {one.lines === null ? (
            <p className={classes.short}>
              <del>{one.before}</del> <span aria-hidden>→</span> <ins>{one.after}</ins>
            </p>
          ) : (
            <Lines lines={one.lines} />
          )}
        </section>
      ))}
    </div>
  );
}

const signs = { same: ' ', removed: '−', added: '+' } as const;
const signWords = { same: '', removed: 'removed: ', added: 'added: ' } as const;

function Lines({ lines }: { lines: readonly DifferentLine[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={`postern-words ${classes.lines}`} tabIndex={0} aria-label="Changed lines">
      {foldSame(lines, aroundLines).map((piece, index) =>
        'skipped' in piece ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a difference does not change
          <p key={index} className={classes.skipped}>
            {piece.skipped === 1 ? 'one line alike' : `${piece.skipped} lines alike`}
          </p>
        ) : (
          piece.lines.map((line) => (
            <div key={`${line.before} ${line.after}`} className={classes.line} data-kind={line.kind}>
              <span className={classes.number} aria-hidden>
                {line.after ?? line.before}
              </span>
              <span aria-hidden>{signs[line.kind]}</span>
              <span>
                <span className="postern-hidden">{signWords[line.kind]}</span>
                {line.text}
              </span>
            </div>
          ))
        ),
      )}
    </section>
  );
}
