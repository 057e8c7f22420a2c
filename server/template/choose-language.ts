/** Which of its languages a template is rendered in: the wanted one, else a nearer one, else its own (RFC 4647 §3.4). */

/** @param own the template's languages, the base one first. @returns one of them. */
export const chooseLanguage = (own: readonly string[], wanted: string | undefined): string => {
  const base = own[0]!;
  if (wanted === undefined) return base;
  const find = (tag: string) => own.find((language) => language.toLowerCase() === tag);
  const parts = wanted.toLowerCase().split('-');
  for (let count = parts.length; count > 0; count -= 1) {
    const found = find(parts.slice(0, count).join('-'));
    if (found) return found;
  }
  return own.find((language) => language.toLowerCase().startsWith(`${parts[0]}-`)) ?? base;
};
