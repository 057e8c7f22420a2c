/**
 * Setup / Extensibility / Email Templates: the list on the left, the selected template on the right. The selection is the
 * address (`/$id`, `/new`); the list can be put away, so that words and preview have the whole width.
 */

import { useLocalStorage } from '@mantine/hooks';
import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useMemo, useRef, useState } from 'react';
import { deleteTemplate, resetTemplate, type Template, type TemplateSummary } from '../../../contracts/template.ts';
import { call } from '../../lib/call.ts';
import { useMe } from '../../lib/me.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { TwoPanes } from '../../ui/two-panes.tsx';
import { DuplicateDialog } from './duplicate-dialog.tsx';
import { filterTemplates, neighbourOf } from './filter-templates.ts';
import { beingLoaded, nothingSelected, permissionsFor } from './permissions.ts';
import { SelectedTemplate } from './selected-template.tsx';
import { TemplateActions } from './template-actions.tsx';
import { TemplateList } from './template-list.tsx';
import classes from './template-panel.module.css';
import { TemplatePanel } from './template-panel.tsx';
import { allTemplatesQuery, dropFromList, keepTemplate } from './template-queries.ts';
import { askDelete, askReset } from './template-questions.tsx';

const listPath = '/setup/extensibility/email-templates';
const onePath = '/setup/extensibility/email-templates/$id';

export function TemplatesPage() {
  const { id } = useParams({ strict: false }) as { id?: string };
  const me = useMe();
  const all = useQuery(allTemplatesQuery);
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const isNarrow = useIsNarrow();
  const [filter, setFilter] = useState('');
  const [isListHidden, setListHidden] = useLocalStorage({ key: 'postern-template-list-hidden', defaultValue: false });
  const [copied, setCopied] = useState<TemplateSummary | null>(null);
  const unsaved = useRef(false);
  /** The form begins again with what the reset made. */
  const [resets, setResets] = useState(0);
  const shown = useMemo(() => filterTemplates(all.data ?? [], filter), [all.data, filter]);
  const selected = useMemo(() => all.data?.find((one) => one.id === id) ?? null, [all.data, id]);
  const isComing = id !== undefined && id !== 'new' && all.isPending;
  const permissions = permissionsFor(me, selected, isComing ? beingLoaded : nothingSelected);
  usePageTitle(...(selected ? [selected.name] : id === 'new' ? ['Add'] : []), 'Email Templates');

  const open = (template: Template) => {
    keepTemplate(queryClient, template);
    // What was just added is to be seen, whatever the filter says.
    setFilter((now) => (filterTemplates([template], now).length > 0 ? now : ''));
    const wasNew = id === 'new';
    void navigate({
      to: onePath,
      params: { id: template.id },
      // The language that was being written stays in view.
      search: wasNew ? (now) => now : {},
      replace: wasNew,
      ignoreBlocker: wasNew,
    });
    notifyDone(`“${template.name}” was added.`);
  };
  const remove = async (template: TemplateSummary) => {
    if (!(await askDelete(template, unsaved.current))) return;
    try {
      await call(deleteTemplate, { params: { id: template.id } });
    } catch (error) {
      notifyProblem(error as Error);
      return;
    }
    dropFromList(queryClient, template.id);
    const next = isNarrow ? null : neighbourOf(shown, template.id);
    await (next
      ? navigate({ to: onePath, params: { id: next.id }, replace: true, ignoreBlocker: true })
      : navigate({ to: listPath, replace: true, ignoreBlocker: true }));
    queryClient.removeQueries({ queryKey: ['templates', 'one', template.id] });
    notifyDone(`“${template.name}” was deleted.`);
  };
  const reset = async (template: TemplateSummary) => {
    if (!(await askReset(template, unsaved.current))) return;
    try {
      keepTemplate(queryClient, await call(resetTemplate, { params: { id: template.id } }));
    } catch (error) {
      notifyProblem(error as Error);
      return;
    }
    setResets((count) => count + 1);
    notifyDone(`“${template.name}” is as Postern brought it.`);
  };

  const actions = (onAdd?: () => void) => (
    <TemplateActions
      selected={selected}
      permissions={permissions}
      onDuplicate={setCopied}
      onReset={(template) => void reset(template)}
      onDelete={(template) => void remove(template)}
      {...(onAdd ? { onAdd } : {})}
    />
  );
  const listButton = !isNarrow && (
    <IconButton label={isListHidden ? 'Show the list' : 'Hide the list'} onClick={() => setListHidden(!isListHidden)}>
      {isListHidden ? (
        <IconLayoutSidebarLeftExpand size={18} aria-hidden />
      ) : (
        <IconLayoutSidebarLeftCollapse size={18} aria-hidden />
      )}
    </IconButton>
  );
  const panel = {
    whyNotChange: permissions.whyNotChange,
    whyNotTest: permissions.whyNotTest,
    unsaved,
    onCreated: open,
  };
  const detail =
    id === 'new' && permissions.whyNotAdd !== null ? (
      <EmptyState title="You cannot add templates" isPage={isNarrow} action={<Link to={listPath}>Show the list</Link>}>
        <p>{permissions.whyNotAdd}</p>
      </EmptyState>
    ) : id === 'new' ? (
      <TemplatePanel key="new" saved={null} {...panel} actions={listButton} />
    ) : id !== undefined ? (
      <SelectedTemplate
        key={`${id} ${resets}`}
        id={id}
        {...panel}
        actions={
          <>
            {(isNarrow || isListHidden) && actions()}
            {listButton}
          </>
        }
      />
    ) : all.data === undefined ? null : (
      <EmptyState title="Nothing selected">
        <p>Select a template on the left to see and change what it says, or add one of your own.</p>
        <p>
          Programs and Postern’s own screens send by a template’s key and give its variables; the words, the languages
          and the look are kept here. Logo and colours of all of them are set once under{' '}
          <Link to="/setup/extensibility/branding">Branding</Link>.
        </p>
      </EmptyState>
    );
  return (
    <>
      {isListHidden && !isNarrow && id !== undefined ? (
        <div className={classes.alone}>{detail}</div>
      ) : (
        <TwoPanes
          isDetailOpen={id !== undefined}
          onBack={() => void navigate({ to: listPath })}
          backLabel="Email Templates"
          list={
            <TemplateList
              total={all.data?.length ?? null}
              shown={shown}
              error={all.error}
              onRetry={() => void all.refetch()}
              filter={filter}
              onFilter={setFilter}
              actions={actions(() => void navigate({ to: onePath, params: { id: 'new' } }))}
            />
          }
          detail={detail}
        />
      )}
      {copied && (
        <DuplicateDialog
          template={copied}
          onClose={() => setCopied(null)}
          onMade={(template) => {
            setCopied(null);
            open(template);
          }}
        />
      )}
    </>
  );
}
