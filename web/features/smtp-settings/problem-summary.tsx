import type { FieldProblems } from './draft.ts';
import classes from './edit-panel.module.css';
import { fieldLabels, fieldOrder } from './field-words.ts';
import { inputId } from './form-fields.tsx';

/** What is wrong, in one place, said aloud; each line leads to its field. */
export function ProblemSummary({ problems }: { problems: FieldProblems }) {
  const fields = fieldOrder.filter((field) => problems[field] !== undefined);
  if (fields.length === 0) return null;
  return (
    <div role="alert" className={classes.problems}>
      <strong>{fields.length === 1 ? 'One field needs a change:' : `${fields.length} fields need a change:`}</strong>
      <ul>
        {fields.map((field) => (
          <li key={field}>
            <a
              href={`#${inputId(field)}`}
              onClick={(event) => {
                event.preventDefault();
                document.getElementById(inputId(field))?.focus();
              }}
            >
              {fieldLabels[field]}
            </a>
            : {problems[field]}
          </li>
        ))}
      </ul>
    </div>
  );
}
