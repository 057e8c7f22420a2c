import { useMatches } from '@tanstack/react-router';
import classes from './shell.module.css';

/** Where the page stands: Setup / Extensibility / SMTP Settings / SMTP Settings. */
export function Breadcrumbs() {
  const crumbs = useMatches({
    select: (matches) => matches.findLast((match) => match.staticData.crumbs !== undefined)?.staticData.crumbs,
  });
  return (
    <nav aria-label="Breadcrumbs" className={classes.crumbs}>
      <ol>
        {crumbs?.map((crumb, depth) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same word may stand at two depths
          <li key={depth} aria-current={depth === crumbs.length - 1 ? 'page' : undefined}>
            <span>{crumb}</span>
          </li>
        ))}
      </ol>
    </nav>
  );
}
