/** How arguments are read; what cannot be meant ends the command with exit code 2 before anything is opened. */
import { InvalidArgumentError } from 'commander';
import { scopes } from '../../contracts/access.ts';
import type { Scope } from '../../contracts/endpoint.ts';
import { EmailAddress } from '../../contracts/smtp-settings.ts';

export const parseEmail = (text: string): string => {
  const parsed = EmailAddress.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(parsed.error.issues[0]!.message);
  return parsed.data;
};

/** Separated by commas. */
export const parseScopes = (text: string): Scope[] => {
  const given = text.split(',').map((scope) => scope.trim());
  const unknown = given.filter((scope) => !scopes.includes(scope as Scope));
  if (unknown.length > 0) {
    throw new InvalidArgumentError(`There is no scope "${unknown[0]}". The scopes are ${scopes.join(', ')}.`);
  }
  return given as Scope[];
};

export const parseDays = (text: string): number => {
  const days = Number(text);
  if (!/^\d+$/.test(text) || days < 1 || days > 3650) throw new InvalidArgumentError('Give days, from 1 to 3650.');
  return days;
};
