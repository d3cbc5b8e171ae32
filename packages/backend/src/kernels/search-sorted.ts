import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { type BackendKernel, kernel } from '../kernel.ts';
import { withCasts } from './cast.ts';

/** `SearchSorted`: rows of sorted numbers, and rows of numbers to find a place for. */
export const searchSortedKernels: readonly BackendKernel[] = [
  kernel<{ sortedSequence: TensorInfo; values: TensorInfo }, { side: 'left' | 'right' }>(
    'SearchSorted',
    ({ inputs: { sortedSequence, values }, attributes: { side }, backend }) => {
      const areInts = [sortedSequence, values].every(({ dtype }) => dtype !== 'float32');
      const inputs = [sortedSequence, values];
      return withCasts(
        backend,
        inputs,
        areInts ? 'int32' : 'float32',
        (sorted = sortedSequence, sought = values) => {
          const [rows = 0, count = 0] = values.shape;
          const output = backend.make(values.shape, 'int32');
          if (util.sizeFromShape(values.shape) > 0)
            backend.launch(
              areInts ? 'search_sorted_int' : 'search_sorted_float',
              [sorted, sought, output],
              [rows, sortedSequence.shape[1] ?? 0, count, Number(side === 'right')],
            );
          return output;
        },
      );
    },
  ),
];
