import { useMediaQuery } from '@mantine/hooks';

/** 700 px and less: one pane at a time, and the navigation is a menu. */
export function useIsNarrow(): boolean {
  return useMediaQuery('(max-width: 700px)', false, { getInitialValueInEffect: false });
}
