/** Shortest password that is taken, and the length that is advised. */
export const shortest = 12;
const advised = 16;

/** What to say under a new password as it is typed: counted in characters, as a person counts them. */
export function passwordHint(password: string): { isEnough: boolean; words: string } {
  const length = [...password].length;
  if (length === 0) {
    return { isEnough: false, words: `At least ${shortest} characters. A few words in a row are easy to remember.` };
  }
  if (length < shortest) {
    const missing = shortest - length;
    return { isEnough: false, words: `${missing} more ${missing === 1 ? 'character' : 'characters'} needed.` };
  }
  if (length < advised) return { isEnough: true, words: `${length} characters: enough. Longer is better.` };
  return { isEnough: true, words: `${length} characters: good.` };
}
