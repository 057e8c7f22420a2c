/** The inputs of the form: each knows its words, its rule and what is wrong with it from its field name alone. */
import { InputBase, Radio, Stack, Switch, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { ReadOnlyField } from '../../ui/read-only-field.tsx';
import { readOnlyField, requiredField } from '../../ui/required.tsx';
import type { Draft } from './draft.ts';
import classes from './edit-panel.module.css';
import { describeValue, type FieldName, fieldHints, fieldLabels, requiredFields } from './field-words.ts';
import type { DraftForm } from './use-draft.ts';

export interface FormPart {
  form: DraftForm;
  isReadOnly: boolean;
}

type TextFieldName = {
  [F in FieldName]: Draft[F] extends string ? (string extends Draft[F] ? F : never) : never;
}[FieldName];
type ChoiceFieldName = 'security' | 'certificateCheck' | 'tlsMinimum' | 'authMethod';

export const inputId = (field: FieldName): string => `smtp-settings-${field}`;

/** Says beside the label that a repair or a preset put the value there. */
function FilledMark({ form, field }: { form: DraftForm; field: FieldName }) {
  return form.filled.has(field) ? <span className={classes.filled}>changed</span> : null;
}

const below: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'error', 'description'];

function labelled(form: DraftForm, field: FieldName, isReadOnly: boolean, isRequired = requiredFields.has(field)) {
  const look = isReadOnly ? readOnlyField(fieldLabels[field]) : isRequired ? requiredField(fieldLabels[field]) : {};
  const { label = fieldLabels[field], ...rest } = look as { label?: ReactNode };
  return {
    ...rest,
    id: inputId(field),
    label: (
      <>
        {label}
        <FilledMark form={form} field={field} />
      </>
    ),
    description: fieldHints[field],
    inputWrapperOrder: below,
    error: form.problems[field],
    'data-filled': form.filled.has(field) || undefined,
  };
}

interface TextProps extends FormPart {
  field: Exclude<TextFieldName, 'password'>;
  isNumber?: boolean;
  isLong?: boolean;
  placeholder?: string;
}

/** A line (or, `isLong`, several lines) of text. Machine words are never corrected by the browser. */
export function TextField({ form, field, isReadOnly, isNumber = false, isLong = false, placeholder }: TextProps) {
  const props = {
    ...labelled(form, field, isReadOnly),
    value: form.draft[field],
    onChange: (event: { currentTarget: { value: string } }) => form.set({ [field]: event.currentTarget.value }),
    autoComplete: 'off',
    autoCapitalize: 'off',
    spellCheck: false,
    ...(isReadOnly ? { placeholder: '–' } : placeholder === undefined ? {} : { placeholder }),
  };
  if (isLong) return <InputBase {...props} component="textarea" rows={6} multiline className={classes.mono ?? ''} />;
  return <TextInput {...props} {...(isNumber ? { inputMode: 'numeric' as const, maxLength: 5 } : {})} />;
}

interface ChoiceProps extends FormPart {
  field: ChoiceFieldName;
  words: readonly { value: string; label: string; hint: string }[];
}

/** One of a few, each with its sentence. */
export function ChoiceField({ form, field, isReadOnly, words }: ChoiceProps) {
  const value = form.draft[field];
  if (isReadOnly)
    return (
      <dl className={classes.fact}>
        <ReadOnlyField
          label={fieldLabels[field]}
          description={words.find((one) => one.value === value)?.hint ?? fieldHints[field]}
        >
          {describeValue(field, value)}
        </ReadOnlyField>
      </dl>
    );
  const { classNames: _, inputWrapperOrder: __, ...props } = labelled(form, field, false) as Record<string, unknown>;
  return (
    <Radio.Group {...props} value={value} onChange={(next) => form.set({ [field]: next })}>
      <Stack gap={8} mt={8}>
        {words.map((one) => (
          <Radio key={one.value} value={one.value} label={one.label} description={one.hint} />
        ))}
      </Stack>
    </Radio.Group>
  );
}

export function StarttlsOnlyField({ form, isReadOnly }: FormPart) {
  if (isReadOnly)
    return (
      <dl className={classes.fact}>
        <ReadOnlyField label={fieldLabels.starttlsOnly} description={fieldHints.starttlsOnly}>
          {describeValue('starttlsOnly', form.draft.starttlsOnly)}
        </ReadOnlyField>
      </dl>
    );
  return (
    <Switch
      id={inputId('starttlsOnly')}
      className={classes.switch ?? ''}
      classNames={{ track: classes.track ?? '' }}
      label={
        <>
          {fieldLabels.starttlsOnly}
          <FilledMark form={form} field="starttlsOnly" />
        </>
      }
      description={fieldHints.starttlsOnly}
      checked={form.draft.starttlsOnly}
      onChange={(event) => form.set({ starttlsOnly: event.currentTarget.checked })}
    />
  );
}
