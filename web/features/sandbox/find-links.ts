/** The addresses of web pages in a plain text, each once, in their order; a full stop after one ends the sentence, not it. */
export function findLinks(text: string | null): string[] {
  const found = text?.match(/https?:\/\/[^\s<>"]+/g) ?? [];
  return [...new Set(found.map((link) => link.replace(/[.,;:!?)\]]+$/, '')))];
}
