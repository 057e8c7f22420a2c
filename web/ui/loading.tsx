import { Skeleton } from '@mantine/core';

/** The place of what is still being loaded, `height` in pixels; said to screen readers. */
export function Loading({ height, isPadded = false }: { height: number; isPadded?: boolean }) {
  return (
    <div role="status" style={isPadded ? { padding: 'var(--postern-pane-padding)' } : {}}>
      <span className="postern-hidden">Loading</span>
      <Skeleton height={height} />
    </div>
  );
}
