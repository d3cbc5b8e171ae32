import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { asNumber } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { wordOf } from './cast.ts';
import { expectRank, expectShape } from './expect-shape.ts';

/** `SearchSorted`: rows of sorted numbers, and rows of numbers to find a place for. */
export const searchSortedKernels: readonly BackendKernel[] = [
  kernel<{ sortedSequence: TensorInfo; values: TensorInfo }, { side: 'left' | 'right' }>(
    'SearchSorted',
    { sortedSequence: asNumber, values: asNumber },
    ({ inputs: { sortedSequence, values }, attributes: { side }, backend }) => {
      expectRank('SearchSorted', 'sortedSequence', sortedSequence, 2);
      const [rows = 0, width = 0] = sortedSequence.shape;
      const count = values.shape[1] ?? 0;
      expectShape('SearchSorted', 'values', values, [rows, count], 'as many rows as sortedSequence');
      const output = backend.make(values.shape, 'int32');
      if (util.sizeFromShape(values.shape) > 0)
        backend.launch(
          `search_sorted_${wordOf[backend.storageOf(values)]}`,
          [sortedSequence, values, output],
          [rows, width, count, Number(side === 'right')],
        );
      return output;
    },
    { alike: { inputs: ['sortedSequence', 'values'], to: 'widest' } },
  ),
];
