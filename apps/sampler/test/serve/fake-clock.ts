/** Time that stands still until a test lets it pass. */
import type { Clock } from '../../src/serve/clock.ts';

/** A clock of a test. */
export interface FakeClock extends Clock {
  /** How many timers wait. */
  readonly waiting: number;
  /** Lets so many milliseconds pass: what is due runs, in its order. */
  pass(milliseconds: number): void;
}

/** Makes one. */
export function fakeClock(): FakeClock {
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  let time = 0;
  return {
    now: () => time,
    after(milliseconds, run) {
      const timer = { at: time + milliseconds, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    get waiting() {
      return timers.size;
    },
    pass(milliseconds) {
      const end = time + milliseconds;
      for (;;) {
        const [due] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (due === undefined) break;
        timers.delete(due);
        time = due.at;
        due.run();
      }
      time = end;
    },
  };
}
