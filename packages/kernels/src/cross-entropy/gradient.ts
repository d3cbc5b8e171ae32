import type { Tensor } from '@tensorflow/tfjs-core';
import type { KernelGradient } from '../dispatch.ts';
import { defineKernel } from '../dispatch.ts';
import type { CrossEntropyInputs } from './composed.ts';
import { composedCrossEntropyGradient } from './composed.ts';

const runGradient = defineKernel({ name: 'CrossEntropyGradient', composed: composedCrossEntropyGradient });

/** Keeps the logits, which the caller holds anyway, and computes the probabilities again. */
export const crossEntropyGradient: KernelGradient<CrossEntropyInputs, object, Tensor> = {
  savedInputs: ['logits', 'targets'],
  run: (dy, [logits, targets]) => ({
    logits: () => runGradient({ dy, logits: logits!, targets: targets! }, {}),
  }),
};
