import type { Tensor } from '@tensorflow/tfjs-core';
import type { KernelGradient } from '../dispatch.ts';
import { defineKernel } from '../dispatch.ts';
import type { LayerNormAttributes, LayerNormGradientInputs, LayerNormInputs } from './composed.ts';
import { composedLayerNormGradient } from './composed.ts';

const runGradient = defineKernel({ name: 'LayerNormGradient', composed: composedLayerNormGradient });

/** Keeps x and not the normalised rows: what can be computed again costs less than what is kept. */
export const layerNormGradient: KernelGradient<LayerNormInputs, LayerNormAttributes, Tensor> = {
  savedInputs: ['x', 'gain'],
  run: (dy, [x, gain], attributes) => {
    const inputs = { dy, x: x!, gain: gain! } as LayerNormGradientInputs;
    const [dx, dGain, dBias] = runGradient(inputs, attributes);
    return { x: () => dx!, gain: () => dGain!, bias: () => dBias! };
  },
};
