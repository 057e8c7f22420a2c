import { Link } from '@tanstack/react-router';
import classes from './situation.module.css';

/** To where the cure lies, as the first of the buttons. */
export function SettingsLink({ id, name }: { id: string; name: string }) {
  return (
    <Link
      to="/setup/extensibility/smtp-settings/$id"
      params={{ id }}
      preload={false}
      className={classes.settings}
      aria-label={`Open the settings of ${name}`}
    >
      Open the settings
    </Link>
  );
}
