/** The password is write-only: what is stored is never here, only when it was saved; what is typed now can be looked at. */
import { Button, PasswordInput } from '@mantine/core';
import { ReadOnlyField } from '../../ui/read-only-field.tsx';
import { requiredField } from '../../ui/required.tsx';
import classes from './edit-panel.module.css';
import { fieldHints, fieldLabels, passwordAgainWords } from './field-words.ts';
import { type FormPart, inputId } from './form-fields.tsx';

export function PasswordField({ form, isReadOnly }: FormPart) {
  const { draft, base, passwordAgain } = form;
  const saved = base?.hasPassword
    ? base.passwordSetAt
      ? `Saved on ${new Date(base.passwordSetAt).toLocaleDateString(undefined, { dateStyle: 'medium' })}`
      : 'Saved'
    : null;
  if (isReadOnly)
    return (
      <dl className={classes.fact}>
        <ReadOnlyField label={fieldLabels.password}>{saved ?? 'None'}</ReadOnlyField>
      </dl>
    );
  // Without a user name nothing signs in, and the server keeps no password that nothing can use.
  const isUnused = saved !== null && draft.username.trim() === '' && draft.password === '';
  const isKept = saved !== null && !isUnused && !draft.forgetPassword && draft.password === '';
  const problem = form.problems.password ?? (passwordAgain ? passwordAgainWords[passwordAgain] : undefined);
  return (
    <div>
      <PasswordInput
        {...(passwordAgain ? requiredField(fieldLabels.password) : { label: fieldLabels.password })}
        id={inputId('password')}
        description={
          isUnused
            ? 'No user name: the saved password will be forgotten when you save.'
            : draft.forgetPassword && draft.password === ''
              ? 'The saved password will be forgotten when you save.'
              : isKept
                ? 'Typing here replaces the saved password.'
                : fieldHints.password
        }
        inputWrapperOrder={['label', 'input', 'error', 'description']}
        error={problem}
        aria-invalid={problem !== undefined}
        placeholder={isKept && !passwordAgain ? saved : ''}
        value={draft.password}
        onChange={(event) => form.set({ password: event.currentTarget.value })}
        autoComplete="new-password"
        spellCheck={false}
        data-1p-ignore
        visibilityToggleButtonProps={{ 'aria-label': 'Show what was typed', tabIndex: 0 }}
      />
      {saved !== null && !isUnused && draft.password === '' ? (
        <Button
          variant="subtle"
          size="compact-sm"
          className={classes.inlineAction ?? ''}
          onClick={() => form.set({ forgetPassword: !draft.forgetPassword })}
        >
          {draft.forgetPassword ? 'Keep the saved password' : 'Forget the saved password'}
        </Button>
      ) : null}
    </div>
  );
}
