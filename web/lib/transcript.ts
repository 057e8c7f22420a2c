/** Only once where the server's side has nothing to add: `cancelled`, not `cancelled: cancelled`. */
export const withoutEcho = (note: string): string => note.replace(/^([\w-]+): \1$/, '$1');
