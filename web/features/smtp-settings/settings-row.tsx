import { IconLock, IconStarFilled } from '@tabler/icons-react';
import { ServerState } from './server-state.tsx';
import classes from './settings-list.module.css';
import type { ListedSettings } from './smtp-settings-queries.ts';

/** What a row says: name, where it points, how it fares or how the last test went, whether they are the default, and whether a file manages it. */
export function SettingsRow({ settings }: { settings: ListedSettings }) {
  return (
    <>
      <span className={classes.name}>
        <bdi>{settings.name}</bdi>
        {settings.isDefault && <IconStarFilled size={14} role="img" aria-label="default" className={classes.star} />}
        {settings.managedBy === 'file' ? (
          <IconLock size={14} role="img" aria-label="managed by a file" className={classes.lock} />
        ) : null}
      </span>
      <span className={classes.state}>
        <ServerState settings={settings} />
      </span>
      <span className={classes.place}>
        {settings.host}:{settings.port}
      </span>
    </>
  );
}
