/** Time, as the server sees it: tests bring their own. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  /** Runs something once, after so many milliseconds; the function returned prevents that. */
  after(milliseconds: number, run: () => void): () => void;
}

/** The machine's. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};
