import { ActionIcon, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';

interface IconButtonProps {
  /** What it does; tooltip and accessible name. */
  label: string;
  /** A Tabler icon, 18 px. */
  children: ReactNode;
  onClick: () => void;
  /** The sentence that says why it cannot be used now; null when it can. It stays reachable so that the reason can be read. */
  disabledReason?: string | null;
  isLoading?: boolean;
  color?: 'gray' | 'teal' | 'red';
}

/** An icon that acts. */
export function IconButton({
  label,
  children,
  onClick,
  disabledReason = null,
  isLoading = false,
  color = 'gray',
}: IconButtonProps) {
  const isDisabled = disabledReason !== null;
  return (
    <Tooltip label={isDisabled ? `${label}: ${disabledReason}` : label}>
      <ActionIcon
        aria-label={label}
        {...(isDisabled ? { 'aria-disabled': true, 'aria-description': disabledReason, 'data-disabled': true } : {})}
        color={color}
        loading={isLoading}
        onClick={isDisabled ? (event) => event.preventDefault() : onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
