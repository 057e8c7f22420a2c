import { NativeSelect } from '@mantine/core';
import { languageWords, offeredLanguages } from '../lib/language-words.ts';

interface LanguageSelectProps {
  description?: string;
  /** A language tag; null: the language of each template itself. */
  value: string | null;
  onChange: (value: string | null) => void;
}

/** The language in which somebody gets mail. A tag that is not among the usual ones is kept, and offered beside them. */
export function LanguageSelect({ description, value, onChange }: LanguageSelectProps) {
  const tags: string[] = [...offeredLanguages];
  if (value !== null && !tags.includes(value)) tags.unshift(value);
  return (
    <NativeSelect
      label="Language of mail"
      {...(description === undefined ? {} : { description })}
      data={[
        { value: '', label: 'As each template is written' },
        ...tags.map((tag) => ({ value: tag, label: languageWords(tag) })),
      ]}
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value === '' ? null : event.currentTarget.value)}
    />
  );
}
