import { Button, Checkbox, Menu } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { bulkActions, changeMessages, type MessageSummary } from '../../../contracts/message.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import classes from './bulk-bar.module.css';
import { BulkDialog, type BulkTask } from './bulk-dialog.tsx';
import { actionWords, countWords } from './bulk-words.ts';
import { countQuery } from './message-log-queries.ts';
import { named } from './message-questions.tsx';
import type { Picking } from './use-selection.ts';

interface BulkBarProps {
  picking: Picking;
  shown: readonly MessageSummary[];
  /** Of which the rows are. */
  search: string;
}

/** Above the rows while they are picked: how many, all that the search finds, and what to do with them. */
export function BulkBar({ picking, shown, search }: BulkBarProps) {
  const { selection } = picking;
  const [task, setTask] = useState<BulkTask | null>(null);
  const whyNot = useReasonWhyNot(changeMessages);
  const found = useQuery(countQuery(search)).data;
  if (selection === null) return null;
  const isAll = selection === 'all';
  const pickedRows = isAll ? [] : shown.filter(({ id }) => selection.has(id));
  const picked = pickedRows.map(({ id }) => id);
  const isEveryShown = isAll || (shown.length > 0 && picked.length === shown.length);
  const isMoreFound = found !== undefined && (found.isMore || found.count > shown.length);
  const begin = (action: BulkTask['action']) =>
    setTask({
      action,
      search,
      askedAt: new Date(),
      ...(isAll
        ? { ids: null, names: [], count: found?.count ?? 0, isMore: found?.isMore ?? true }
        : { ids: picked, names: pickedRows.slice(0, 3).map(named), count: picked.length, isMore: false }),
    });
  return (
    <div className={classes.bar} role="toolbar" aria-label="Picked messages">
      <Checkbox
        size="xs"
        label={isAll ? `All ${countWords(found?.count ?? 0, found?.isMore)}` : `${picked.length} picked`}
        aria-label="Pick all that are shown"
        checked={isEveryShown}
        indeterminate={!isEveryShown && picked.length > 0}
        onChange={() => picking.pick(isEveryShown ? [] : shown.map(({ id }) => id))}
      />
      <Menu position="bottom-end" width={180} shadow="md">
        <Menu.Target>
          <Button
            size="compact-sm"
            disabled={(!isAll && picked.length === 0) || whyNot !== null}
            rightSection={<IconChevronDown size={14} aria-hidden />}
          >
            Do
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {bulkActions.map((action) => (
            <Menu.Item key={action} onClick={() => begin(action)}>
              {actionWords[action].label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Button size="compact-sm" variant="subtle" color="gray" onClick={picking.end}>
        Done
      </Button>
      {whyNot !== null && <p className={classes.note}>{whyNot}</p>}
      {isEveryShown && !isAll && isMoreFound && found !== undefined && (
        <p className={classes.note}>
          <button type="button" className={classes.all} onClick={picking.pickAll}>
            Pick all {countWords(found.count, found.isMore)} that {search === '' ? 'there are' : 'this search finds'}
          </button>
        </p>
      )}
      {task !== null && (
        <BulkDialog
          task={task}
          onClose={(hasRun) => {
            setTask(null);
            if (hasRun) picking.end();
          }}
        />
      )}
    </div>
  );
}
