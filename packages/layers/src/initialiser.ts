import type { InitialValues } from './initial-values.ts';

/**
 * How to read the paper's N(0, 0.125 ÷ √d_in) (section 6).
 *
 * - `deviation`, the default: as the deviation.
 * - `variance`: as a variance, of 0.125 ÷ d_in.
 * - `released`: as the released code does: matrices as in `variance`, and embeddings with the deviation of its runs on CIFAR-10,
 *   0.01, whatever the width.
 */
export type WeightScale = 'deviation' | 'variance' | 'released';

/** Hands out the starting values of weights, each from a stream of its own, so that the order of layers fixes them. */
export interface Initialiser {
  /** For a weight that sums over `inputs` numbers; `factor` scales it down, as at the end of residual branches. */
  weights(inputs: number, factor?: number): InitialValues;
  /** For one of `tables` embedding tables whose rows are summed: together they have the variance of one. */
  embeddings(width: number, tables?: number): InitialValues;
}

/** Of embeddings in openai/distribution_augmentation, hyperparams.py: `w_embd_std` and `pos_embd_std` of its CIFAR-10 runs. */
const releasedDeviation = 0.01;

/** The paper's initialisation (section 6) from a seed: a whole number from 0 to 2⁵³ − 1. */
export function paperInitialiser(seed: number, weightScale: WeightScale = 'deviation'): Initialiser {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`paperInitialiser: seed must be a whole number from 0 to 2^53 - 1, but is ${seed}.`);
  }
  let stream = 0;
  const weights = (inputs: number, factor = 1) => {
    const deviation = weightScale === 'deviation' ? 0.125 / Math.sqrt(inputs) : Math.sqrt(0.125 / inputs);
    return { deviation: deviation * factor, seed, stream: stream++ };
  };
  return {
    weights,
    embeddings: (width, tables = 1) => {
      if (weightScale !== 'released') return weights(width * tables);
      return { deviation: releasedDeviation / Math.sqrt(tables), seed, stream: stream++ };
    },
  };
}
