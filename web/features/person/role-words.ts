import type { Role } from '../../../contracts/endpoint.ts';

/** Each role in one sentence, for whoever chooses. */
export const roleWords: Record<Role, string> = {
  viewer: 'Looks at everything but passwords, and changes nothing.',
  operator: 'Also sends, retries, cancels, pauses, and keeps contacts.',
  administrator: 'Everything: SMTP settings, users, API keys, retention.',
};
