import { PasswordInput } from '@mantine/core';
import classes from './outside-page.module.css';
import { passwordHint } from './password-hint.ts';
import { requiredField } from './required.tsx';

interface NewPasswordInputProps {
  /** `Password` where there was none before. */
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** What the server said of it; null: nothing. */
  error: string | null;
  hasFocus?: boolean;
}

/** A password that is being chosen; says beneath what is still missing. */
export function NewPasswordInput({ label, value, onChange, error, hasFocus = false }: NewPasswordInputProps) {
  const hint = passwordHint(value);
  return (
    <PasswordInput
      {...requiredField(label)}
      description={
        error === null ? (
          <span data-enough={hint.isEnough} className={classes.hint}>
            <span aria-hidden>{hint.isEnough ? '✓ ' : ''}</span>
            {hint.words}
          </span>
        ) : null
      }
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      name="new-password"
      autoComplete="new-password"
      required
      autoFocus={hasFocus}
      maxLength={128}
      value={value}
      error={error}
      aria-invalid={error !== null}
      onChange={(event) => onChange(event.currentTarget.value)}
      visibilityToggleButtonProps={{ 'aria-label': `Show the ${label.toLowerCase()}` }}
    />
  );
}
