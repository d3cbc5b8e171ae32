import type { Tensor } from '@tensorflow/tfjs-core';
import type { KernelGradient } from '../dispatch.ts';
import { defineKernel } from '../dispatch.ts';
import type {
  SparseAttentionAttributes,
  SparseAttentionGradientInputs,
  SparseAttentionInputs,
} from './attributes.ts';
import { composedSparseAttentionGradient } from './composed-gradient.ts';

const runGradient = defineKernel<SparseAttentionGradientInputs, SparseAttentionAttributes, Tensor[]>({
  name: 'SparseAttentionGradient',
  composed: composedSparseAttentionGradient,
});

/** Keeps q, k, v, the output and the log-sum-exp in two parts; scores are computed again. */
export const sparseAttentionGradient: KernelGradient<
  SparseAttentionInputs,
  SparseAttentionAttributes,
  Tensor[]
> = {
  savedInputs: ['q', 'k', 'v'],
  savedOutputs: [true, true, true],
  run: ([dOutput, dLogSumExp], [q, k, v, output, logSumExp, logSumExpRest], attributes) => {
    const forward = { q, k, v, output, logSumExp, logSumExpRest };
    const inputs = { ...forward, dOutput, dLogSumExp } as SparseAttentionGradientInputs;
    const [dq, dk, dv] = runGradient(inputs, attributes);
    return { q: () => dq!, k: () => dk!, v: () => dv! };
  },
};
