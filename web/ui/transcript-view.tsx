import type { TranscriptLine } from '../../contracts/diagnosis.ts';
import { withoutEcho } from '../lib/transcript.ts';
import classes from './transcript-view.module.css';

const speakers = { client: 'Postern', server: 'Server', note: 'Note' } as const;

/** The conversation, folded; secrets were taken out where it was recorded. */
export function TranscriptView({ transcript }: { transcript: readonly TranscriptLine[] }) {
  if (transcript.length === 0) return null;
  return (
    <details className={classes.transcript}>
      <summary>
        Transcript, {transcript.length} {transcript.length === 1 ? 'line' : 'lines'}, without secrets
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={classes.scroll} tabIndex={0} aria-label="Transcript">
        <table className="postern-words">
          <thead className="postern-hidden">
            <tr>
              <th scope="col">Milliseconds</th>
              <th scope="col">Who</th>
              <th scope="col">Words</th>
            </tr>
          </thead>
          <tbody>
            {transcript.map((line, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a finished transcript does not change
              <tr key={index} data-from={line.from}>
                <td className={classes.figure}>{Math.round(line.at)}</td>
                <td>{speakers[line.from]}</td>
                <td>{line.from === 'note' ? withoutEcho(line.text) : line.text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
