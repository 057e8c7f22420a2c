import { Button, type ButtonProps, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';

interface ReasonButtonProps extends Pick<ButtonProps, 'color' | 'variant' | 'size' | 'leftSection'> {
  children: ReactNode;
  onClick: () => void;
  /** The sentence that says why it cannot be used now; null when it can. It stays reachable so that the reason can be read. */
  disabledReason?: string | null;
  isLoading?: boolean;
}

/** A small button with words that says why it cannot be used. */
export function ReasonButton({
  children,
  onClick,
  disabledReason = null,
  isLoading = false,
  ...look
}: ReasonButtonProps) {
  const isDisabled = disabledReason !== null;
  const button = (
    <Button
      size="xs"
      variant="default"
      {...look}
      loading={isLoading}
      {...(isDisabled ? { 'aria-disabled': true, 'aria-description': disabledReason, 'data-disabled': true } : {})}
      onClick={isDisabled ? (event) => event.preventDefault() : onClick}
    >
      {children}
    </Button>
  );
  return isDisabled ? <Tooltip label={disabledReason}>{button}</Tooltip> : button;
}
