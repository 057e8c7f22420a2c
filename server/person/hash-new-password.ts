/** A password somebody has just chosen: refused when it is easy to guess, else hashed. */
import { HashQueueFullError, hashPassword } from '../access/password-hash.ts';
import { findPasswordFault } from '../access/password-rules.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';

/** To be called once the person was found to be entitled: nobody else makes us compute. @throws Refusal */
export async function hashNew(password: string, person: { name: string; email: string }): Promise<string> {
  const fault = findPasswordFault(password, person);
  if (fault) throw refuseField('password', 'too_easy', fault);
  try {
    return await hashPassword(password);
  } catch (error) {
    if (!(error instanceof HashQueueFullError)) throw error;
    throw new Refusal('rate_limit_exceeded', 'Too many at once. Wait 5 s and try again; nothing was used up.', {
      headers: { 'retry-after': '5' },
    });
  }
}
