import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { defineKernel, type KernelGradient } from '../dispatch.ts';
import type { LinearInputs } from './composed.ts';
import {
  composedLinearBiasGradient,
  composedLinearInputGradient,
  composedLinearWeightGradient,
} from './composed.ts';

// A kernel for each input, so that a gradient that nobody wants costs nothing.
const inputGradient = defineKernel({ name: 'LinearInputGradient', composed: composedLinearInputGradient });
const weightGradient = defineKernel({ name: 'LinearWeightGradient', composed: composedLinearWeightGradient });
const biasGradient = defineKernel({ name: 'LinearBiasGradient', composed: composedLinearBiasGradient });

/** Keeps x and the weight. */
export const linearGradient: KernelGradient<LinearInputs, object, Tensor> = {
  savedInputs: ['x', 'weight'],
  run: (dy, [x, weight]) => ({
    x: () => inputGradient({ dy, weight: weight as Tensor2D }, {}),
    weight: () => weightGradient({ x: x!, dy }, {}),
    bias: () => biasGradient({ dy }, {}),
  }),
};
