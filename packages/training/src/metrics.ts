/** Numbers for people: no tensors in here, and no clock of its own. */
import { checkCount, checkNumber, TrainingError } from './errors.ts';

/**
 * The paper's measure of a model of bytes.
 *
 * @param nats mean loss per byte, in nats, as cross-entropy gives it
 * @returns the same loss in bits: nats ÷ ln 2
 */
export function bitsPerByte(nats: number): number {
  return nats / Math.LN2;
}

/** The mean of the numbers added so far. */
export interface RunningMean {
  /** Adds a number that stands for `weight` cases (1 if not given; > 0): the mean loss of a batch, say, and its tokens. */
  add(value: number, weight?: number): void;
  /** The weighted mean; NaN if nothing was added. */
  mean(): number;
  /** Forgets all numbers. */
  reset(): void;
}

/** Makes an empty {@link RunningMean}. `add` throws TrainingError for a weight that is not a finite number > 0. */
export function runningMean(): RunningMean {
  let sum = 0;
  let weights = 0;
  return {
    add(value, weight = 1) {
      checkNumber('runningMean.add', 'weight', weight, (number) => number > 0, 'a finite number > 0');
      sum += value * weight;
      weights += weight;
    },
    mean: () => sum / weights,
    reset() {
      sum = 0;
      weights = 0;
    },
  };
}

/** Counts things over time: tokens per second. */
export interface ThroughputMeter {
  /** Adds a whole number >= 0 of things done. */
  add(count: number): void;
  /** Things per second since the start or the last `reset`; NaN as long as no time has passed. */
  perSecond(): number;
  /** Begins anew from now. */
  reset(): void;
}

/**
 * Makes a {@link ThroughputMeter} that starts now.
 *
 * @param now the time in milliseconds, never running backwards: `() => performance.now()`
 * @throws TrainingError if `now` is not a function
 */
export function throughputMeter(now: () => number): ThroughputMeter {
  if (typeof now !== 'function') {
    throw new TrainingError(
      `throughputMeter: now must be a function that gives milliseconds; got ${String(now)}.`,
    );
  }
  let started = now();
  let total = 0;
  return {
    add(count) {
      checkCount('throughputMeter.add', 'count', count, 0);
      total += count;
    },
    perSecond() {
      const seconds = (now() - started) / 1000;
      return seconds > 0 ? total / seconds : Number.NaN;
    },
    reset() {
      started = now();
      total = 0;
    },
  };
}
