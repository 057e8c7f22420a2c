/** The left pane: the actions above the Filter box, and the templates by name. Arrow keys move in it. */
import { CloseButton, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useRef } from 'react';
import type { TemplateSummary } from '../../../contracts/template.ts';
import { useFilterShortcut } from '../../lib/use-shortcuts.ts';
import { Loading } from '../../ui/loading.tsx';
import { moveFocus } from '../../ui/move-focus.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
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
  const input = useRef<HTMLInputElement>(null);
  useFilterShortcut(input);
  return (
    <section className={classes.panel} aria-labelledby="templates-title">
      <header className={classes.header}>
        <h1 id="templates-title">Email Templates</h1>
        <div role="toolbar" aria-label="Actions" className={classes.tools}>
          {actions}
        </div>
        <TextInput
          ref={input}
          aria-label="Filter"
          placeholder="Filter"
          value={filter}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onFilter(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onFilter('');
          }}
          rightSection={
            filter === '' ? (
              <kbd className={classes.key} aria-hidden>
                /
              </kbd>
            ) : (
              <CloseButton size="sm" aria-label="Show all" onClick={() => onFilter('')} />
            )
          }
        />
        <p role="status" className={classes.count}>
          {total === null || total === 0
            ? ''
            : filter.trim() === ''
              ? `${total} in all`
              : `${shown.length} of ${total}`}
        </p>
      </header>
      {error && total === null && (
        <div className={classes.note}>
          <ProblemNote error={error} title="The list could not be loaded" onRetry={onRetry} />
        </div>
      )}
      {total === null && !error && <Loading height={240} isPadded />}
      {total === 0 && <p className={classes.note}>None yet.</p>}
      {total !== null && total > 0 && shown.length === 0 && (
        <p className={classes.note}>
          No template matches “{filter.trim()}”. The filter looks at name, key, subject and languages.
        </p>
      )}
      <ul className={classes.list} aria-label="Email templates" onKeyDown={moveFocus}>
        {shown.map((template) => (
          <TemplateRow key={template.id} template={template} />
        ))}
      </ul>
    </section>
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
