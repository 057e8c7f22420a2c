/** The file is the caller's to repair; the message says how, and goes to them. */
export class UnreadableFile extends Error {}
