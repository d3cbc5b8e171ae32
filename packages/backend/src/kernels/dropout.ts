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
  kernel<{ x: TensorInfo }, { rate: number; seed: number; counter: number }>(
    'Dropout',
    { x: onlyFloat },
    ({ inputs: { x }, attributes: { rate, seed, counter }, backend }) => {
      if (!(rate >= 0 && rate < 1))
        throw new RangeError(`Dropout: rate must be from 0 to below 1, but is ${rate}.`);
      for (const number of [seed, counter])
        if (!Number.isSafeInteger(number) || number < 0)
          throw new RangeError(
            `Dropout: seed and counter must be whole numbers from 0 to 2^53 - 1, but one is ${number}.`,
          );
      // There is no last word to drop.
      if (rate === 0) return backend.share(x);
      const y = backend.make(x.shape, 'float32');
      const lastDropped = Math.ceil(rate * wordSize) - 1;
      const numbers = [util.sizeFromShape(x.shape), lastDropped, 1 / (1 - rate)];
      backend.launch('dropout', [x, y], [...numbers, ...wordsOf(seed), ...wordsOf(counter)]);
      return y;
    },
  ),
];
