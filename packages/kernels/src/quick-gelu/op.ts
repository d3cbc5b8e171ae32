import type { Tensor } from '@tensorflow/tfjs-core';
import { requireDtype } from '../arguments.ts';
import { defineKernel } from '../dispatch.ts';
import { composedQuickGelu } from './composed.ts';
import { quickGeluGradient } from './gradient.ts';

const runQuickGelu = defineKernel({
  name: 'QuickGelu',
  composed: composedQuickGelu,
  gradient: quickGeluGradient,
});

/**
 * The paper's activation x · sigmoid(1.702 x), an approximation of GELU (Child et al. 2019, section 5.2).
 *
 * @param x float32 of any shape
 * @returns float32, the shape of x
 * @throws TypeError for another dtype
 */
export function quickGelu<T extends Tensor>(x: T): T {
  requireDtype('quickGelu', 'x', x, 'float32');
  return runQuickGelu({ x }, {}) as T;
}
