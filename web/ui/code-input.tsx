import { TextInput, type TextInputProps } from '@mantine/core';
import { useId } from 'react';
import { currencyWords, languageWords, offeredCurrencies, offeredLanguages } from '../lib/language-words.ts';

/** A language tag or a currency: the usual ones are offered, any other can be typed. */
export function CodeInput({ of, ...props }: TextInputProps & { of: 'language' | 'currency' }) {
  const id = useId();
  const isCurrency = of === 'currency';
  const codes: readonly string[] = isCurrency ? offeredCurrencies : offeredLanguages;
  const name = isCurrency ? currencyWords : languageWords;
  const value = typeof props.value === 'string' ? props.value.trim() : '';
  const meaning = value === '' ? undefined : name(isCurrency ? value.toUpperCase() : value);
  return (
    <>
      <TextInput
        autoComplete="off"
        spellCheck={false}
        list={id}
        maxLength={isCurrency ? 3 : 35}
        {...(meaning !== undefined && meaning !== value ? { description: meaning } : {})}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        {...props}
      />
      <datalist id={id}>
        {codes.map((code) => (
          <option key={code} value={code}>
            {name(code)}
          </option>
        ))}
      </datalist>
    </>
  );
}
