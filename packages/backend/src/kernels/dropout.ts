import { type MaskSource, requireMaskSource } from '@sparse-transformers/kernels';
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { onlyFloat } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';

const wordSize = 2 ** 32;

/** A whole number below 2⁵³ as two words of 32 bits, the low one first. */
const wordsOf = (value: number): [low: number, high: number] => [
  value % wordSize,
  Math.floor(value / wordSize),
];

/** `Dropout` of packages/kernels, whose gradient is the same kernel. A cell stays if its word ≥ rate · 2³². */
export const dropoutKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo }, MaskSource>(
    'Dropout',
    { x: onlyFloat },
    ({ inputs: { x }, attributes, backend }) => {
      requireMaskSource('Dropout', attributes);
      const { rate, seed, counter } = attributes;
      // There is no last word to drop.
      if (rate === 0) return backend.share(x);
      const y = backend.make(x.shape, 'float32');
      const lastDropped = Math.ceil(rate * wordSize) - 1;
      const numbers = [util.sizeFromShape(x.shape), lastDropped, 1 / (1 - rate)];
      backend.launch('dropout', [x, y], [...numbers, ...wordsOf(seed), ...wordsOf(counter)]);
      return y;
    },
    { needs: ['dropout'] },
  ),
];
