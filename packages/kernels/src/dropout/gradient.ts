import type { Tensor } from '@tensorflow/tfjs-core';
import type { KernelGradient } from '../dispatch.ts';
import { defineKernel } from '../dispatch.ts';
import type { DropoutInputs } from './composed.ts';
import { composedDropout } from './composed.ts';
import type { MaskSource } from './mask.ts';

const replay = defineKernel({ name: 'Dropout', composed: composedDropout });

/** The gradient is the same dropout of dy: the mask is replayed from seed and counter, nothing is kept. */
export const dropoutGradient: KernelGradient<DropoutInputs, MaskSource, Tensor> = {
  run: (dy, _saved, source) => ({ x: () => replay({ x: dy }, source) }),
};
