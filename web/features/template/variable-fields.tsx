import { Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { type VariableType, variableTypes } from '../../../contracts/template.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { type FormPart, fieldProps } from './form-fields.tsx';
import { joinMoney, moneyParts } from './sample-value.ts';
import type { VariableDraft } from './template-draft.ts';
import classes from './variables-tab.module.css';

interface VariableFieldsProps extends FormPart {
  variable: VariableDraft;
  at: number;
}

/** One variable: what programs call it, what it is, and what stands for it in previews. */
export function VariableFields({ form, isReadOnly, variable, at }: VariableFieldsProps) {
  const part = { form, isReadOnly };
  const { id } = variable;
  const set = (fields: Partial<VariableDraft>) => form.setVariable(id, fields);
  const words = variable.name === '' ? `variable ${at + 1}` : variable.name;
  return (
    <li className={classes.variable} aria-label={words} data-long={longTypes.has(variable.type) || undefined}>
      <TextInput
        {...fieldProps(part, `variables.${at}.name`, { isRequired: true, label: 'Name' })}
        value={variable.name}
        spellCheck={false}
        autoCapitalize="off"
        className={classes.name ?? ''}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <NativeSelect
        {...fieldProps(part, `variables.${at}.type`, { label: 'Type' })}
        data={[...variableTypes]}
        value={variable.type}
        disabled={isReadOnly}
        className={classes.type ?? ''}
        onChange={(event) => set({ type: event.currentTarget.value as VariableType })}
      />
      <TextInput
        {...fieldProps(part, `variables.${at}.description`, { label: 'Description' })}
        value={variable.description}
        className={classes.description ?? ''}
        onChange={(event) => set({ description: event.currentTarget.value })}
      />
      <div className={classes.sample}>
        <SampleField {...part} variable={variable} at={at} onChange={(sample) => set({ sample })} />
      </div>
      <div className={classes.tools}>
        <Checkbox
          label="Required"
          checked={variable.required}
          disabled={isReadOnly}
          onChange={(event) => set({ required: event.currentTarget.checked })}
        />
        {!isReadOnly && (
          <IconButton
            label={`Remove ${words}`}
            onClick={() => form.setVariables((all) => all.filter((one) => one.id !== id))}
          >
            <IconTrash size={16} aria-hidden />
          </IconButton>
        )}
      </div>
    </li>
  );
}

/** Their samples need the whole width. */
const longTypes: ReadonlySet<VariableType> = new Set(['list', 'object', 'money']);

interface SampleFieldProps extends VariableFieldsProps {
  onChange: (sample: string) => void;
}

const examples: Partial<Record<VariableType, string>> = {
  date: '2026-12-24 or 2026-12-24T08:00:00Z',
  url: 'https://example.com/',
  number: '12.5',
};

function SampleField({ form, isReadOnly, variable, at, onChange }: SampleFieldProps) {
  const { type, sample } = variable;
  const props = {
    ...fieldProps({ form, isReadOnly }, `variables.${at}.sample`, { label: 'Sample' }),
    spellCheck: type === 'text',
    ...(isReadOnly || examples[type] === undefined ? {} : { placeholder: examples[type] }),
  };
  switch (type) {
    case 'boolean':
      return (
        <NativeSelect
          {...props}
          disabled={isReadOnly}
          data={[
            { value: '', label: 'none' },
            { value: 'true', label: 'true' },
            { value: 'false', label: 'false' },
          ]}
          value={sample}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case 'money': {
      const parts = moneyParts(sample);
      return (
        <div className={classes.money}>
          <TextInput
            {...props}
            inputMode="decimal"
            value={parts.amount}
            onChange={(event) => onChange(joinMoney({ ...parts, amount: event.currentTarget.value }))}
          />
          <TextInput
            label="Currency"
            readOnly={isReadOnly}
            maxLength={3}
            placeholder="EUR"
            value={parts.currency}
            onChange={(event) => onChange(joinMoney({ ...parts, currency: event.currentTarget.value }))}
          />
        </div>
      );
    }
    case 'list':
    case 'object':
      return (
        <Textarea
          {...props}
          autosize
          minRows={2}
          maxRows={10}
          classNames={{ input: classes.mono ?? '' }}
          value={sample}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    default:
      return <TextInput {...props} value={sample} onChange={(event) => onChange(event.currentTarget.value)} />;
  }
}
