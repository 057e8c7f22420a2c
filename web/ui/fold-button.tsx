import { Button } from '@mantine/core';
import type { ReactNode } from 'react';

/** In running text: shows what was left out there. */
export function FoldButton({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <Button variant="subtle" size="compact-sm" px={0} onClick={onClick}>
      {children}
    </Button>
  );
}
