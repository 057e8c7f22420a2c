import { Checkbox, TextInput } from '@mantine/core';
import type { KeepDraft } from './retention-draft.ts';
import classes from './retention-page.module.css';

interface KeepFieldProps {
  label: string;
  description: string;
  /** What no limit means: `For ever`. */
  unlimited: string;
  value: KeepDraft;
  problem: string | undefined;
  isReadOnly: boolean;
  onChange: (value: KeepDraft) => void;
}

/** So many days, or no limit. */
export function KeepField({ label, description, unlimited, value, problem, isReadOnly, onChange }: KeepFieldProps) {
  const look = isReadOnly ? { classNames: { input: 'postern-readonly' } } : {};
  return (
    <fieldset className={classes.field}>
      <legend>{label}</legend>
      <p>{description}</p>
      <div className={classes.days}>
        <TextInput
          aria-label={`${label}: days`}
          inputMode="numeric"
          value={value.isUnlimited ? '' : value.days}
          placeholder={value.isUnlimited ? 'no limit' : ''}
          error={problem}
          disabled={value.isUnlimited}
          readOnly={isReadOnly}
          rightSection={<span className={classes.unit}>days</span>}
          rightSectionWidth={52}
          onChange={(event) => onChange({ ...value, days: event.currentTarget.value })}
          {...look}
        />
        <Checkbox
          label={unlimited}
          checked={value.isUnlimited}
          disabled={isReadOnly}
          onChange={(event) => onChange({ ...value, isUnlimited: event.currentTarget.checked })}
        />
      </div>
    </fieldset>
  );
}
