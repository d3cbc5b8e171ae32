import type { NamedTensorMap, Scalar, Tensor } from '@tensorflow/tfjs-core';
import { requireDtype } from '../arguments.ts';
import { defineKernel } from '../dispatch.ts';
import { composedClipByGlobalNorm } from './composed.ts';

const runClip = defineKernel<NamedTensorMap, { maximumNorm: number }, Tensor[]>({
  name: 'ClipByGlobalNorm',
  composed: composedClipByGlobalNorm,
});

/** What `clipByGlobalNorm` gives. All tensors are new. */
export interface Clipped {
  /** The norm of all gradients together before clipping. */
  readonly norm: Scalar;
  /** The scaled gradients, in the order given. */
  readonly gradients: Tensor[];
}

/**
 * Scales all gradients by one factor, so that their common L2 norm is at most `maximumNorm`:
 * norm = √(Σ g²), g ← g · maximumNorm / max(norm, maximumNorm). Has no gradient of its own.
 *
 * @param gradients float32, of any shapes, at least one; left as they are
 * @param maximumNorm a finite number above 0
 * @throws TypeError for another dtype, RangeError for no gradients or another maximum
 */
export function clipByGlobalNorm(gradients: readonly Tensor[], maximumNorm: number): Clipped {
  if (gradients.length === 0) throw new RangeError('clipByGlobalNorm: at least one gradient is needed.');
  const inputs: NamedTensorMap = {};
  for (const [index, gradient] of gradients.entries()) {
    requireDtype('clipByGlobalNorm', `gradients[${index}]`, gradient, 'float32');
    inputs[index] = gradient;
  }
  if (!(maximumNorm > 0 && maximumNorm < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `clipByGlobalNorm: maximumNorm must be a finite number above 0, but is ${maximumNorm}.`,
    );
  }
  const [norm, ...clipped] = runClip(inputs, { maximumNorm });
  return { norm: norm as Scalar, gradients: clipped };
}
