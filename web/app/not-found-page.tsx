import { Link } from '@tanstack/react-router';
import { usePageTitle } from '../lib/page-title.ts';
import { EmptyState } from '../ui/empty-state.tsx';

export function NotFoundPage() {
  usePageTitle('Not found');
  return (
    <EmptyState isPage title="There is no such page" action={<Link to="/">Go to SMTP Settings</Link>}>
      <p>The address may be mistyped, or what it named has been deleted.</p>
    </EmptyState>
  );
}
