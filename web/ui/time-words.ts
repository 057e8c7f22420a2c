/** A moment in few words, as seen from `now`: `just now`, `4 min ago`, `in 3 h`, `yesterday`, `12 Mar`, `12 Mar 2024`. */
export function relativeTime(at: Date, now: Date, locale?: string): string {
  const seconds = Math.round((now.getTime() - at.getTime()) / 1000);
  const size = Math.abs(seconds);
  if (size < 45) return 'just now';
  const words = (text: string) => (seconds > 0 ? `${text} ago` : `in ${text}`);
  if (size < 60 * 60) return words(`${Math.max(1, Math.round(size / 60))} min`);
  const days = dayNumber(now) - dayNumber(at);
  if (size < 22 * 60 * 60 && Math.abs(days) < 2) return words(`${Math.round(size / 3600)} h`);
  if (days === 1) return 'yesterday';
  if (days === -1) return 'tomorrow';
  if (Math.abs(days) < 7) return words(`${Math.abs(days)} days`);
  return new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'short',
    ...(at.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  }).format(at);
}

/** To the second, in the reader's own zone, which is named: `Tue, 12 Mar 2024, 14:03:22 CET`. */
export function exactTime(at: Date, locale?: string): string {
  return new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).format(at);
}

/** Calendar days by the reader's clock, so that 23:50 is yesterday at 0:10. */
function dayNumber(at: Date): number {
  return Math.round(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) / 86_400_000);
}

/** The hour by the reader's clock, with the day where it is not today: `14:03`, `Tue 14:03`, `12 Mar, 14:03`. */
export function clockTime(at: Date, now: Date, locale?: string): string {
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(at);
  const days = Math.abs(dayNumber(now) - dayNumber(at));
  if (days === 0) return time;
  if (days < 7) return `${new Intl.DateTimeFormat(locale, { weekday: 'short' }).format(at)} ${time}`;
  return `${new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' }).format(at)}, ${time}`;
}

/** The first sentence of an explanation: what happened, without why and what next. A dot inside a name ends nothing. */
export const firstSentence = (text: string): string => /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;
