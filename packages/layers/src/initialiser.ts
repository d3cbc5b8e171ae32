import type { InitialValues } from './initial-values.ts';

/**
 * How to read the paper's N(0, 0.125 ÷ √d_in) (section 6): as the deviation, the default, or as what the released code does,
 * a variance of 0.125 ÷ d_in.
 */
export type WeightScale = 'deviation' | 'variance';

/** Hands out the starting values of weights, each from a stream of its own, so that the order of layers fixes them. */
export interface Initialiser {
  /** For a weight that sums over `inputs` numbers; `factor` scales it down, as at the end of residual branches. */
  weights(inputs: number, factor?: number): InitialValues;
}

/** The paper's initialisation (section 6) from a seed: a whole number from 0 to 2⁵³ − 1. */
export function paperInitialiser(seed: number, weightScale: WeightScale = 'deviation'): Initialiser {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`paperInitialiser: seed must be a whole number from 0 to 2^53 - 1, but is ${seed}.`);
  }
  let stream = 0;
  return {
    weights: (inputs, factor = 1) => {
      const deviation = weightScale === 'deviation' ? 0.125 / Math.sqrt(inputs) : Math.sqrt(0.125 / inputs);
      return { deviation: deviation * factor, seed, stream: stream++ };
    },
  };
}
