import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { lastSize, requireDtype, requireLastAxis, requireShape } from '../arguments.ts';
import { defineKernel } from '../dispatch.ts';
import type { LinearInputs } from './composed.ts';
import { composedLinear } from './composed.ts';
import { linearGradient } from './gradient.ts';

const runLinear = defineKernel<LinearInputs, object, Tensor>({
  name: 'Linear',
  composed: composedLinear,
  gradient: linearGradient,
});

/**
 * x · weight + bias over the last axis, as plain 2-D products forward and backward.
 *
 * @param x float32 `[..., a]`
 * @param weight float32 `[a, b]`
 * @param bias float32 `[b]`, or left out
 * @returns float32 `[..., b]`
 * @throws TypeError for another dtype, RangeError for shapes that don't fit
 */
export function linear(x: Tensor, weight: Tensor2D, bias?: Tensor1D): Tensor {
  requireDtype('linear', 'x', x, 'float32');
  requireDtype('linear', 'weight', weight, 'float32');
  requireLastAxis('linear', 'x', x);
  const outputs = lastSize(weight);
  requireShape('linear', 'weight', weight, [lastSize(x), outputs], 'the last axis of x, outputs');
  if (bias) requireDtype('linear', 'bias', bias, 'float32');
  if (bias) requireShape('linear', 'bias', bias, [outputs], 'the last axis of weight');
  return runLinear(bias ? { x, weight, bias } : { x, weight }, {});
}
