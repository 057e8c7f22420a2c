/** One SASL exchange, from our side (RFC 4422). Everything that is said is base64. */
export interface Exchange {
  /** May go with the AUTH command. */
  initial: string | null;
  /** What to say to the next challenge; null when it makes no sense: the exchange is then cancelled. */
  respond(challenge: string): string | null | Promise<string | null>;
  /** Success may be believed. */
  isProven(): boolean;
  /** Something that depends on the password has been said. */
  hasSaidSecret(): boolean;
}
