/** What every input of the form has in common: its words, what is wrong with it, and that it may only be read. */
import type { ReactNode } from 'react';
import { readOnlyField, requiredField } from '../../ui/required.tsx';
import { elementOf, fieldLabel } from './place-words.ts';
import type { TemplateForm } from './use-template-form.ts';

export interface FormPart {
  form: TemplateForm;
  isReadOnly: boolean;
}

const below: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'error', 'description'];

interface Words {
  hint?: ReactNode;
  isRequired?: boolean;
  label?: string;
}

/** @param path of the API: `variants.0.subject` */
export function fieldProps(
  { form, isReadOnly }: FormPart,
  path: string,
  { hint, isRequired = false, label }: Words = {},
) {
  const words = label ?? fieldLabel(path.split('.').at(-1) ?? '');
  const look = isReadOnly ? readOnlyField(words) : isRequired ? requiredField(words) : { label: words };
  return {
    ...look,
    id: elementOf(path),
    description: hint,
    inputWrapperOrder: below,
    error: form.problems[path],
    autoComplete: 'off',
    ...(isReadOnly ? { placeholder: '–' } : {}),
  };
}
