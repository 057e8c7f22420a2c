/**
 * Setup / Extensibility / SMTP Settings / SMTP Settings: the list on the left, the selected settings on the right.
 * The selection is the address (`/$id`, `/new`), so that it can be linked to and the way back works; the filter and the
 * list stay as they are while it changes.
 */
import { VisuallyHidden } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import { deleteSmtpSettings, makeDefaultSmtpSettings, type SmtpSettings } from '../../../contracts/smtp-settings.ts';
import { call } from '../../lib/call.ts';
import { useMe } from '../../lib/me.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { TwoPanes } from '../../ui/two-panes.tsx';
import { askDelete } from './delete-question.tsx';
import { EditPanel } from './edit-panel.tsx';
import { filterIndex, filterSettings, neighbourOf } from './filter-settings.ts';
import { FirstUse } from './first-use.tsx';
import { announcementOf } from './ladder.ts';
import { permissionsFor } from './permissions.ts';
import { SelectedSettings } from './selected-settings.tsx';
import { SettingsActions } from './settings-actions.tsx';
import { SettingsPanel } from './settings-panel.tsx';
import {
  allSettingsQuery,
  dropFromList,
  forgetSettings,
  keepDefault,
  type ListedSettings,
} from './smtp-settings-queries.ts';
import { useTest } from './use-test.ts';

const listPath = '/setup/extensibility/smtp-settings';
const onePath = '/setup/extensibility/smtp-settings/$id';

export function SmtpSettingsPage() {
  const { id } = useParams({ strict: false }) as { id?: string };
  const me = useMe();
  const all = useQuery(allSettingsQuery);
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const isNarrow = useIsNarrow();
  const [filter, setFilter] = useState('');
  const [addedId, setAddedId] = useState<string | null>(null);
  const scrollOffset = useRef(0);
  const unsaved = useRef(false);
  const bench = useTest();

  const index = useMemo(() => filterIndex(all.data ?? []), [all.data]);
  const shown = useMemo(() => filterSettings(index, filter), [index, filter]);
  const selected = useMemo(() => all.data?.find((settings) => settings.id === id) ?? null, [all.data, id]);
  const permissions = useMemo(() => permissionsFor(me, selected), [me, selected]);
  usePageTitle(...(selected ? [selected.name] : id === 'new' ? ['Add'] : []), 'SMTP Settings');

  const select = (to: string) => void navigate({ to: onePath, params: { id: to } });
  const add = () => select('new');

  const remove = async (settings: ListedSettings) => {
    if (!(await askDelete({ settings, hasUnsaved: unsaved.current }))) return;
    try {
      await call(deleteSmtpSettings, { params: { id: settings.id } });
    } catch (error) {
      notifyProblem(error as Error);
      return;
    }
    dropFromList(queryClient, settings.id);
    const next = isNarrow ? null : neighbourOf(shown, settings.id);
    await (next
      ? navigate({ to: onePath, params: { id: next.id }, replace: true, ignoreBlocker: true })
      : navigate({ to: listPath, replace: true, ignoreBlocker: true }));
    forgetSettings(queryClient, settings.id);
    notifyDone(`“${settings.name}” was deleted.`);
  };

  const makeDefault = async (settings: ListedSettings) => {
    try {
      keepDefault(queryClient, await call(makeDefaultSmtpSettings, { params: { id: settings.id } }));
    } catch (error) {
      notifyProblem(error as Error);
      return;
    }
    notifyDone(`Mail that names no SMTP settings goes by “${settings.name}” from now on.`);
  };

  const { adopt } = bench;
  const created = useCallback(
    (settings: SmtpSettings) => {
      setAddedId(settings.id);
      adopt(settings.id);
      // What was just added is to be seen, whatever the filter says.
      setFilter((current) => (filterSettings(filterIndex([settings]), current).length > 0 ? current : ''));
      void navigate({ to: onePath, params: { id: settings.id }, replace: true, ignoreBlocker: true });
    },
    [adopt, navigate],
  );

  const firstUse = <FirstUse whyNotAdd={permissions.whyNotAdd} onAdd={add} onSelect={select} />;
  const actions = (
    <SettingsActions
      selected={selected}
      isComing={id !== undefined && id !== 'new' && all.isPending}
      permissions={permissions}
      isTesting={selected !== null && bench.run?.subject === selected.id && bench.run.state === 'running'}
      onTest={(settings) => void bench.testSaved(settings.id, me.email)}
      onDelete={(settings) => void remove(settings)}
      onMakeDefault={(settings) => void makeDefault(settings)}
    />
  );
  const isEmpty = all.data?.length === 0;
  return (
    <>
      <VisuallyHidden role="status">{announcementOf(bench.run)}</VisuallyHidden>
      <TwoPanes
        isDetailOpen={id !== undefined}
        onBack={() => void navigate({ to: listPath })}
        backLabel="SMTP Settings"
        list={
          <SettingsPanel
            total={all.data?.length ?? null}
            shown={shown}
            error={all.error}
            onRetry={() => void all.refetch()}
            filter={filter}
            onFilter={setFilter}
            selected={selected}
            whyNotAdd={permissions.whyNotAdd}
            actions={actions}
            firstUse={isNarrow ? firstUse : <p style={{ padding: '0 16px' }}>None yet.</p>}
            scrollOffset={scrollOffset}
            onAdd={add}
            onSelect={select}
          />
        }
        detail={
          id === 'new' && permissions.whyNotAdd !== null ? (
            <EmptyState
              title="You cannot add SMTP settings"
              isPage={isNarrow}
              action={<Link to={listPath}>Show the list</Link>}
            >
              <p>{permissions.whyNotAdd} An administrator can add them, or give you another role.</p>
            </EmptyState>
          ) : id === 'new' ? (
            <EditPanel
              key="new"
              saved={null}
              me={me}
              permissions={permissions}
              bench={bench}
              onCreated={created}
              isJustAdded={false}
              unsaved={unsaved}
              actions={null}
            />
          ) : id !== undefined ? (
            <SelectedSettings
              id={id}
              me={me}
              bench={bench}
              onCreated={created}
              isJustAdded={id === addedId}
              unsaved={unsaved}
              actions={isNarrow ? actions : null}
            />
          ) : isEmpty ? (
            firstUse
          ) : all.data === undefined ? null : (
            <EmptyState title="Nothing selected">
              <p>Select SMTP settings on the left to view or edit them, or add new ones.</p>
            </EmptyState>
          )
        }
      />
    </>
  );
}
