import { IconLock, IconStarFilled } from '@tabler/icons-react';
import type { SmtpSettings } from '../../../contracts/smtp-settings.ts';
import classes from './settings-list.module.css';
import { TestState } from './test-state.tsx';

/** What a row says: name, where it points, how the last test went, whether they are the default, and whether a file manages it. */
export function SettingsRow({ settings }: { settings: SmtpSettings }) {
  return (
    <>
      <span className={classes.name}>
        {settings.name}
        {settings.isDefault && <IconStarFilled size={14} role="img" aria-label="default" className={classes.star} />}
        {settings.managedBy === 'file' ? (
          <IconLock size={14} role="img" aria-label="managed by a file" className={classes.lock} />
        ) : null}
      </span>
      <span className={classes.state}>
        <TestState settings={settings} />
      </span>
      <span className={classes.place}>
        {settings.host}:{settings.port}
      </span>
    </>
  );
}
