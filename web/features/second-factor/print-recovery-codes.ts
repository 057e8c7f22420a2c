/** The file to keep: whose codes they are, where they belong, and what they do. */
export function printRecoveryCodes(codes: readonly string[], email: string, origin: string, madeAt: Date): string {
  return [
    `Postern recovery codes of ${email}`,
    `${origin}, made ${madeAt.toISOString().slice(0, 10)}`,
    '',
    ...codes,
    '',
    'Each signs you in once, instead of app or passkey. New ones end these.',
    '',
  ].join('\n');
}
