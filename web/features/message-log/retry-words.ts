/** The schedule of tries as a sentence. The server decides; `retry-words.test.ts` holds the two together. */
export const retryMinutes = [5, 15, 30, 60, 120, 240] as const;

const formatWait = (minutes: number): string => (minutes < 60 ? `${minutes} min` : `${minutes / 60} h`);

/** `after about 5 min, 15 min, 30 min, 1 h, 2 h, and then every 4 h` */
export function retryWords(): string {
  const steps = retryMinutes.map(formatWait);
  return `after about ${steps.slice(0, -1).join(', ')}, and then every ${steps.at(-1)}`;
}
