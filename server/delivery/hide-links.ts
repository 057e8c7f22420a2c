/**
 * What servers say to secret mail is kept without what they may quote of it: some name the link that they did not like, and
 * a link that resets a password is nobody's to read in the log.
 */
import type { AttemptVerdict } from './verdict.ts';

/** An address of the web, and any word as long as a token. */
const telling = /[a-z][a-z0-9+.-]*:\/\/\S+|[\w%=+/.~-]{32,}/gi;

export const hideLinks = (text: string): string => text.replace(telling, '[hidden]');

export const hideLinksIn = (verdict: AttemptVerdict): AttemptVerdict => ({
  ...verdict,
  recipients: verdict.recipients.map((one) => ({ ...one, reply: hideLinks(one.reply) })),
});
