/** The left pane: the actions above the Filter box, and the templates by name. Arrow keys move in it. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { TemplateSummary } from '../../../contracts/template.ts';
import { FilterPane } from '../../ui/filter-pane.tsx';
import { Loading } from '../../ui/loading.tsx';
import { moveFocus } from '../../ui/move-focus.ts';
import classes from './template-list.module.css';

interface TemplateListProps {
  /** Null while they are loaded. */
  total: number | null;
  shown: readonly TemplateSummary[];
  error: Error | null;
  onRetry: () => void;
  filter: string;
  onFilter: (filter: string) => void;
  actions: ReactNode;
}

export function TemplateList({ total, shown, error, onRetry, filter, onFilter, actions }: TemplateListProps) {
  return (
    <FilterPane
      title="Email Templates"
      actions={actions}
      filter={filter}
      onFilter={onFilter}
      total={total}
      shown={shown.length}
      noMatch={(filter) => `No template matches “${filter}”. The filter looks at name, key, subject and languages.`}
      error={error}
      onRetry={onRetry}
    >
      {total === null && !error && <Loading height={240} isPadded />}
      <ul className={classes.list} aria-label="Email templates" onKeyDown={moveFocus}>
        {shown.map((template) => (
          <TemplateRow key={template.id} template={template} />
        ))}
      </ul>
    </FilterPane>
  );
}

function TemplateRow({ template }: { template: TemplateSummary }) {
  const { id, name, key, subject, languages, is_built_in: isBuiltIn, is_changed: isChanged } = template;
  return (
    <li>
      <Link
        to="/setup/extensibility/email-templates/$id"
        params={{ id }}
        className={classes.row}
        activeOptions={{ includeSearch: false }}
        data-row
        preload={false}
      >
        <span className={classes.line}>
          <bdi className={classes.name}>{name}</bdi>
          <span className={classes.mark}>{isBuiltIn ? (isChanged ? 'built in, changed' : 'built in') : ''}</span>
        </span>
        <span className={classes.subject}>{subject}</span>
        <span className={classes.line}>
          <code className={classes.keyWord}>{key}</code>
          <span className={classes.mark}>{languages.join(' ')}</span>
        </span>
      </Link>
    </li>
  );
}
