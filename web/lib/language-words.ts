/** Languages that are offered; any other tag (BCP 47) can be typed. */
export const offeredLanguages = [
  'en',
  'de',
  'fr',
  'it',
  'es',
  'nl',
  'pl',
  'pt',
  'cs',
  'da',
  'sv',
  'tr',
  'ar',
  'he',
  'ja',
  'ko',
  'zh',
] as const;

/** Currencies that are offered; any other of ISO 4217 can be typed. */
export const offeredCurrencies = [
  'EUR',
  'USD',
  'GBP',
  'CHF',
  'SEK',
  'NOK',
  'DKK',
  'PLN',
  'CZK',
  'JPY',
  'CNY',
  'CAD',
  'AUD',
] as const;

const name = (type: 'language' | 'currency', code: string, locale?: string): string => {
  try {
    return new Intl.DisplayNames(locale, { type, fallback: 'none' }).of(code) ?? code;
  } catch {
    return code;
  }
};

/** `German` for `de`, in the reader's language; the tag itself where there is no name. */
export const languageWords = (tag: string, locale?: string): string => name('language', tag, locale);

/** `Euro` for `EUR`. */
export const currencyWords = (code: string, locale?: string): string => name('currency', code, locale);
