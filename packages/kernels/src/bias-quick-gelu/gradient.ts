import type { Tensor } from '@tensorflow/tfjs-core';
import type { KernelGradient } from '../dispatch.ts';
import { defineKernel } from '../dispatch.ts';
import type { BiasQuickGeluGradientInputs, BiasQuickGeluInputs } from './composed.ts';
import { composedBiasQuickGeluGradient } from './composed.ts';

const runGradient = defineKernel({
  name: 'BiasQuickGeluGradient',
  composed: composedBiasQuickGeluGradient,
});

/** Keeps x before the bias: the sum and the gate are computed again. */
export const biasQuickGeluGradient: KernelGradient<BiasQuickGeluInputs, object, Tensor> = {
  savedInputs: ['x', 'bias'],
  run: (dy, [x, bias]) => {
    const inputs = { dy, x: x!, bias: bias! } as BiasQuickGeluGradientInputs;
    const [dx, dBias] = runGradient(inputs, {});
    return { x: () => dx!, bias: () => dBias! };
  },
};
