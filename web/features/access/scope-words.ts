import type { Scope } from '../../../contracts/endpoint.ts';

/** Each scope in one sentence, for whoever chooses. */
export const scopeWords: Record<Scope, string> = {
  send: 'Submit mail. What a program that only sends needs.',
  read: 'Look at settings, messages and their history; change nothing.',
  contacts: 'See, add, change, import and export accounts and contacts, and mail them invoices.',
  'smtp-settings': 'See, add, change, test and delete SMTP settings. Passwords are never given out.',
  admin: 'Everything, API keys included. Give it to nobody who could do with less.',
};
