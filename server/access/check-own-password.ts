/** Somebody signed in says the password once more: slowed down like signing in, or a stolen session could guess it. */
import type { AccessStore } from './access.store.ts';
import { HashQueueFullError, isPasswordRight } from './password-hash.ts';
import type { SignInLimits } from './sign-in-limits.ts';

export interface PasswordCheckParts {
  people: Pick<AccessStore, 'findPerson'>;
  limits: SignInLimits;
}

/** A number: seconds to wait before the next try. */
export const checkOwnPassword = async (
  { people, limits }: PasswordCheckParts,
  { id, email }: { id: string; email: string },
  password: string,
  ipAddress: string,
): Promise<'right' | 'wrong' | number> => {
  const waitSeconds = limits.begin(email, ipAddress);
  if (waitSeconds > 0) return waitSeconds;
  const account = await people.findPerson(id);
  try {
    if (!account || !(await isPasswordRight(password, account.passwordHash))) return 'wrong';
  } catch (error) {
    if (error instanceof HashQueueFullError) return 5;
    throw error;
  }
  limits.succeed(email, ipAddress);
  return 'right';
};
