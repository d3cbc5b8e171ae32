import { clipByGlobalNorm as clipAll } from '@sparse-transformers/kernels';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { checkNumber, TrainingError } from '../errors.ts';

/** What {@link clipByGlobalNorm} gives. All tensors are new and belong to the caller. */
export interface ClippedGradients {
  /** By name, in the order given. */
  readonly gradients: Map<string, Tensor>;
  /** The norm of all gradients together before clipping, a scalar that is still on the device. */
  readonly norm: Scalar;
}

/**
 * Scales all gradients by one factor, so that their common L2 norm is at most `maximumNorm`:
 *
 *     norm = √(Σ g²) over all values,   g ← g · maximumNorm / max(norm, maximumNorm)
 *
 * Gradients of a smaller norm keep their bits; a norm of 0 gives zeros. The norm is not finite if a gradient holds a NaN or
 * an infinity, or if a square leaves float32 (|g| > 1.8e19): then the gradients given back are of no use, and the caller,
 * who alone knows what to do about it, must not take the step. Nothing is read back from the device here.
 *
 * @param gradients by name, float32; left as they are
 * @param maximumNorm the largest norm, > 0
 * @throws TrainingError if there are no gradients or `maximumNorm` is not a finite number > 0
 */
export function clipByGlobalNorm(
  gradients: ReadonlyMap<string, Tensor>,
  maximumNorm: number,
): ClippedGradients {
  checkNumber('clipByGlobalNorm', 'maximumNorm', maximumNorm, (value) => value > 0, 'a finite number > 0');
  if (gradients.size === 0)
    throw new TrainingError('clipByGlobalNorm: expected at least one gradient; got none.');
  const { norm, gradients: clipped } = clipAll([...gradients.values()], maximumNorm);
  return { norm, gradients: new Map([...gradients.keys()].map((name, index) => [name, clipped[index]!])) };
}
