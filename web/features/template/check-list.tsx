import type { TemplateProblem } from '../../../contracts/template-preview.ts';
import { StatusWord } from '../../ui/status-word.tsx';
import { placeWords } from './place-words.ts';
import classes from './template-preview.module.css';

interface CheckListProps {
  problems: readonly TemplateProblem[];
  /** Of the words, the template’s own first. */
  languages: readonly string[];
  onGo: (path: string) => void;
}

/** What keeps the template from being sent, and what would look wrong in somebody's mailbox. */
export function CheckList({ problems, languages, onGo }: CheckListProps) {
  if (problems.length === 0)
    return <StatusWord kind="sent">Checked: syntax, variables, links, alt texts and size</StatusWord>;
  const sorted = problems.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
  return (
    <ul className={classes.checks} aria-label="Checks">
      {sorted.map(({ severity, code, path, line, message }) => (
        <li key={`${code} ${path} ${line} ${message}`}>
          <StatusWord kind={severity === 'error' ? 'failed' : 'waiting'}>
            {severity === 'error' ? 'Repair' : 'Look at'}
          </StatusWord>
          <span>
            <button type="button" onClick={() => onGo(path)}>
              {placeWords(path, languages)}
              {line === null ? '' : `, line ${line}`}
            </button>
            : {message}
          </span>
        </li>
      ))}
    </ul>
  );
}
