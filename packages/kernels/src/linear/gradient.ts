import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { KernelGradient } from '../dispatch.ts';
import type { LinearInputs } from './composed.ts';
import { linearBiasGradient, linearInputGradient, linearWeightGradient } from './composed.ts';

/** No kernel of its own: the backward pass is plain products, which every backend has already. */
export const linearGradient: KernelGradient<LinearInputs, object, Tensor> = {
  savedInputs: ['x', 'weight'],
  run: (dy, [x, weight]) => ({
    x: () => linearInputGradient(dy, weight as Tensor2D),
    weight: () => linearWeightGradient(dy, x!),
    bias: () => linearBiasGradient(dy),
  }),
};
