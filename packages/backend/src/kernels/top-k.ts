import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { asIs } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { wordOf } from './cast.ts';
import { expectWhole } from './expect-shape.ts';

/** `TopK`: values and their places. They are sorted whether this is asked for or not. */
export const topKKernels: readonly BackendKernel[] = [
  kernel<{ x: TensorInfo }, { k: number }>(
    'TopK',
    { x: asIs },
    ({ inputs: { x }, attributes: { k }, backend }) => {
      if (x.shape.length === 0) throw new RangeError('TopK: x must have an axis; got a scalar.');
      const width = x.shape.at(-1) ?? 1;
      expectWhole('TopK', 'k', k, 0, width);
      const shape = [...x.shape.slice(0, -1), k];
      const values = backend.make(shape, x.dtype);
      const places = backend.make(shape, 'int32');
      const size = util.sizeFromShape(shape);
      if (size > 0)
        backend.launch(`top_k_${wordOf[backend.storageOf(x)]}`, [x, values, places], [size / k, width, k]);
      return [values, places];
    },
  ),
];
