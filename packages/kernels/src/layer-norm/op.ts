import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { lastSize, requireDtype, requireLastAxis, requireShape } from '../arguments.ts';
import { defineKernel } from '../dispatch.ts';
import { composedLayerNorm } from './composed.ts';
import { layerNormGradient } from './gradient.ts';

const runLayerNorm = defineKernel({
  name: 'LayerNorm',
  composed: composedLayerNorm,
  gradient: layerNormGradient,
});

/** Options of `layerNorm`. */
export interface LayerNormOptions {
  /** Added to the variance, so that a constant row stays finite. Above 0. Default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Layer normalisation over the last axis: (x − mean) ÷ √(variance + epsilon) × gain + bias (Ba et al. 2016).
 *
 * @param x float32 `[..., d]`
 * @param gain float32 `[d]`
 * @param bias float32 `[d]`
 * @returns float32, the shape of x
 * @throws TypeError for another dtype, RangeError for another shape or an epsilon that is not above 0
 */
export function layerNorm<T extends Tensor>(
  x: T,
  gain: Tensor1D,
  bias: Tensor1D,
  { epsilon = 1e-5 }: LayerNormOptions = {},
): T {
  requireDtype('layerNorm', 'x', x, 'float32');
  requireDtype('layerNorm', 'gain', gain, 'float32');
  requireDtype('layerNorm', 'bias', bias, 'float32');
  requireLastAxis('layerNorm', 'x', x);
  requireShape('layerNorm', 'gain', gain, [lastSize(x)], 'the last axis of x');
  requireShape('layerNorm', 'bias', bias, [lastSize(x)], 'the last axis of x');
  if (!(epsilon > 0 && epsilon < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`layerNorm: epsilon must be a number above 0, but is ${epsilon}.`);
  }
  return runLayerNorm({ x, gain, bias }, { epsilon }) as T;
}
