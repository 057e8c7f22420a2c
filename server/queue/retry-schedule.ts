/**
 * When a message that could not be sent is tried again, until its lifetime ends (RFC 5321 §4.5.4.1 wants 30 minutes
 * between tries and 4–5 days in all; the first tries come sooner, because most refusals are short).
 *
 * Only failures that were the recipient's or the content's advance a message in the schedule; what was the server's fault
 * waits for the server. Jitter keeps messages that failed together from coming back together.
 */

/** Seconds from each failure to the next try; the last one again and again. The first only for causes known to be short. */
export const retrySteps = [60, 300, 900, 1800, 3600, 7200, 14_400] as const;

/** Each wait is made shorter or longer by up to this share. */
export const retryJitter = 0.2;

/** Greylisting servers forget nobody before five minutes have passed; seconds. */
const greylistSeconds = { least: 300, most: 360 } as const;

/** A server that lost its line after the dot may still be busy with the message; seconds. */
const leastUncertainSeconds = 300;

/**
 * Whole seconds until the next try.
 * @param failures that counted, this one included: 1 after the first
 * @param isShort the cause is known to pass within a minute (a line that broke, a server that restarts)
 * @param random 0 ≤ random < 1
 */
export function findRetrySeconds(failures: number, isShort: boolean, random: number): number {
  const step = Math.max(1, failures) - (isShort ? 1 : 0);
  const seconds = retrySteps[Math.min(step, retrySteps.length - 1)] as number;
  return Math.round(seconds * (1 - retryJitter + 2 * retryJitter * random));
}

export const findGreylistSeconds = (random: number): number =>
  Math.round(greylistSeconds.least + (greylistSeconds.most - greylistSeconds.least) * random);

/** The schedule, but never too soon for a server that may be about to accept what it was given. */
export const findUncertainSeconds = (failures: number, random: number): number =>
  Math.max(leastUncertainSeconds, findRetrySeconds(failures, false, random));

const formatWait = (seconds: number): string => (seconds < 3600 ? `${seconds / 60} min` : `${seconds / 3600} h`);

/** The schedule as a Markdown table; the documentation prints it. */
export function formatRetryTable(): string {
  const rows = retrySteps.slice(1).map((seconds, place) => {
    const isLast = place === retrySteps.length - 2;
    const least = formatWait(seconds * (1 - retryJitter));
    const most = formatWait(seconds * (1 + retryJitter));
    return `| ${place + 1}${isLast ? ' and later' : ''} | ${formatWait(seconds)} | ${least} – ${most} |`;
  });
  return ['| failure | next try after | with jitter |', '| --- | --- | --- |', ...rows].join('\n');
}
