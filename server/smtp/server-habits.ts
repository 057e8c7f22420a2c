/**
 * What a server was seen to do, whatever it announces. The caller keeps one of these for each server and hands it to
 * every session with it; sessions write down what they learn.
 */
export interface ServerHabits {
  /** It lost step in a flight of several commands: from now on one at a time (RFC 2920 announced, but not kept). */
  hasBrokenPipelining: boolean;
  /** It announced CHUNKING and then did not know BDAT. */
  hasBrokenChunking: boolean;
}

export const emptyHabits = (): ServerHabits => ({ hasBrokenPipelining: false, hasBrokenChunking: false });
