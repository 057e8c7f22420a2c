/** Waiting is handed in, so that tests can turn the clock. */
export interface Timer {
  /** Calls back once, unless the returned function is called before. */
  after: (milliseconds: number, run: () => void) => () => void;
}

export const systemTimer: Timer = {
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};
