import type { ReactNode } from 'react';
import classes from './read-only-field.module.css';

interface ReadOnlyFieldProps {
  label: string;
  /** Empty shows a dash. */
  children: ReactNode;
  /** One sentence beneath, as with inputs. */
  description?: string;
}

/** A fact that stands among fields but cannot be changed here: purple, and said. Put several into a `<dl>`. */
export function ReadOnlyField({ label, children, description }: ReadOnlyFieldProps) {
  const isEmpty = children === '' || children === null || children === undefined;
  return (
    <div className={classes.field}>
      <dt>
        {label}
        <span className="postern-hidden"> (cannot be changed)</span>
      </dt>
      <dd className="postern-readonly">{isEmpty ? '–' : children}</dd>
      {description !== undefined && <dd className={classes.description}>{description}</dd>}
    </div>
  );
}
