import type { SecondFactors } from '../../../contracts/second-factor.ts';

/** The policy asks for a factor, and this is the only one: it cannot be taken away. */
export const isLastRequired = ({ isRequired, totp, passkeys }: SecondFactors): boolean =>
  isRequired && (totp === null ? 0 : 1) + passkeys.length === 1;

export const lastRequiredWords =
  'Administrators need a second factor here: set up another before you take this one away.';
