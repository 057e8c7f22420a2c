/** Mail that is larger than its server takes is refused when it comes in, where that is known: see server-memory.ts. */
import { findSizeLimit, formatOctets, freshSizeDays } from '../smtp-settings/server-memory.ts';
import type { SenderSettings } from './choose-settings.ts';

/**
 * Why the server of these settings will not take so many octets; null: it will, or nobody knows.
 * @param at when it may leave, milliseconds since 1970
 */
export const describeTooLarge = (octets: number, settings: SenderSettings, at: number): string | null => {
  const limit = findSizeLimit(settings, at);
  if (limit === null || octets <= limit) return null;
  const size = formatOctets(octets, 'up');
  return `The message has ${size}, attachments encoded; the server of "${settings.name}" takes at most ${formatOctets(limit, 'down')} (SIZE, seen in the last ${freshSizeDays} days). Send a link to large files, or go by other SMTP settings; if the server takes more by now, test its settings once.`;
};
