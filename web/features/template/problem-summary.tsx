import { placeWords } from './place-words.ts';
import type { FieldProblems } from './template-draft.ts';
import classes from './template-panel.module.css';

interface ProblemSummaryProps {
  problems: FieldProblems;
  languages: readonly string[];
  onGo: (path: string) => void;
}

/** What is wrong, in one place, said aloud; each line leads to its field, on whatever side it is. */
export function ProblemSummary({ problems, languages, onGo }: ProblemSummaryProps) {
  const all = Object.entries(problems);
  if (all.length === 0) return null;
  return (
    <div role="alert" className={classes.problems}>
      <strong>{all.length === 1 ? 'One field needs a change:' : `${all.length} fields need a change:`}</strong>
      <ul>
        {all.map(([path, message]) => (
          <li key={path}>
            <button type="button" onClick={() => onGo(path)}>
              {placeWords(path, languages)}
            </button>
            : {message}
          </li>
        ))}
      </ul>
    </div>
  );
}
