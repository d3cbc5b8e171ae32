import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { lastSize, requireDtype, requireLastAxis, requireShape } from '../arguments.ts';
import { defineKernel } from '../dispatch.ts';
import { composedBiasQuickGelu } from './composed.ts';
import { biasQuickGeluGradient } from './gradient.ts';

const runBiasQuickGelu = defineKernel({
  name: 'BiasQuickGelu',
  composed: composedBiasQuickGelu,
  gradient: biasQuickGeluGradient,
});

/**
 * quickGelu(x + bias): the end of a linear layer and the activation behind it in one pass, and in one pass back.
 *
 * @param x float32 `[..., d]`
 * @param bias float32 `[d]`
 * @returns float32, the shape of x
 * @throws TypeError for another dtype, RangeError for another shape
 */
export function biasQuickGelu<T extends Tensor>(x: T, bias: Tensor1D): T {
  requireDtype('biasQuickGelu', 'x', x, 'float32');
  requireDtype('biasQuickGelu', 'bias', bias, 'float32');
  requireLastAxis('biasQuickGelu', 'x', x);
  requireShape('biasQuickGelu', 'bias', bias, [lastSize(x)], 'the last axis of x');
  return runBiasQuickGelu({ x, bias }, {}) as T;
}
