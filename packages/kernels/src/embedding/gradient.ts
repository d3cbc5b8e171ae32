import type { Tensor } from '@tensorflow/tfjs-core';
import type { KernelGradient } from '../dispatch.ts';
import { defineKernel } from '../dispatch.ts';
import type { EmbeddingInputs } from './composed.ts';
import { composedEmbeddingGradient } from './composed.ts';

const runGradient = defineKernel({ name: 'EmbeddingGradient', composed: composedEmbeddingGradient });

/** Only the table has a gradient; it needs the indices and the table's shape, not its values. */
export const embeddingGradient: KernelGradient<EmbeddingInputs, { rows: number; width: number }, Tensor> = {
  savedInputs: ['indices'],
  run: (dy, [indices], attributes) => ({ table: () => runGradient({ dy, indices: indices! }, attributes) }),
};
