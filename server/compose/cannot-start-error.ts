/** Something outside Postern keeps it from starting; the message says what to do. */
export class CannotStartError extends Error {}
