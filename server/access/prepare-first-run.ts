/** What a start does about the first administrator: makes it from the variables, or opens the first run, or nothing. */
import type { Clock } from '../platform/clock.ts';
import type { AccessStore } from './access.store.ts';
import { type FirstRun, openFirstRun } from './first-run.ts';
import { hashPassword } from './password-hash.ts';
import { findPasswordFault } from './password-rules.ts';

export interface FirstRunPreparation {
  /** Null when there is a first administrator. */
  firstRun: FirstRun | null;
  /** The address of the administrator that was made now. */
  created: string | null;
  /** For the log; empty when all is well. */
  warning: string;
}

/** @param variables POSTERN_ADMIN_EMAIL and POSTERN_ADMIN_PASSWORD; looked at only while there has never been an administrator. */
export const prepareFirstRun = async (
  people: Pick<AccessStore, 'isFirstRunOpen' | 'createFirstAdministrator'>,
  variables: { email: string; password: string } | null,
  clock: Clock,
): Promise<FirstRunPreparation> => {
  const nothing = { firstRun: null, created: null, warning: '' };
  if (!(await people.isFirstRunOpen())) return nothing;
  if (!variables) return { ...nothing, firstRun: openFirstRun(clock) };
  const { email, password } = variables;
  const name = email.split('@')[0] ?? email;
  const passwordHash = await hashPassword(password);
  const created = await people.createFirstAdministrator({ name, email, passwordHash }, clock.now());
  const fault = findPasswordFault(password, { name, email });
  return {
    ...nothing,
    created: created?.email ?? null,
    warning: fault === null ? '' : `POSTERN_ADMIN_PASSWORD: ${fault}`,
  };
};
