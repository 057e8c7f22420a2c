import type { Rung } from './ladder.ts';
import { rungNames, timeWords } from './ladder.ts';
import classes from './test-section.module.css';

const states: Record<Rung['status'], { shape: string; word: string }> = {
  waiting: { shape: '○', word: 'waiting' },
  running: { shape: '', word: 'running' },
  ok: { shape: '●', word: 'ok' },
  failed: { shape: '▲', word: 'failed' },
  skipped: { shape: '–', word: 'skipped' },
};

/** The eight rungs, each with its name in plain words, its state as word and shape, its time and what was said. */
export function LadderView({ rungs }: { rungs: readonly Rung[] }) {
  return (
    <ol className={classes.ladder} aria-label="Steps of the test">
      {rungs.map((rung) => {
        const { shape, word } = states[rung.status];
        return (
          <li key={rung.step} className={classes.rung} data-status={rung.status}>
            <span className={classes.shape} aria-hidden>
              {shape}
            </span>
            <div className={classes.rungBody}>
              <div className={classes.rungHead}>
                <span className={classes.rungName}>
                  <b>{rungNames[rung.step].short}</b> {rungNames[rung.step].plain}
                </span>
                <span className={classes.rungState}>{word}</span>
                <span className={classes.rungTime}>{rung.ms === null ? '' : timeWords(rung.ms)}</span>
              </div>
              {rung.detail === '' ? null : <div className={classes.detail}>{rung.detail}</div>}
              {rung.reply === '' ? null : <div className={`postern-words ${classes.reply}`}>{rung.reply}</div>}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
