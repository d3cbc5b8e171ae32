import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { onlyInt } from '../dtypes.ts';
import { type BackendKernel, kernel } from '../kernel.ts';
import { asStored, storageOf } from '../storage.ts';
import { wordOf } from './cast.ts';

/** `OneHot`. */
export const oneHotKernels: readonly BackendKernel[] = [
  kernel<{ indices: TensorInfo }, { dtype: DataType; depth: number; onValue: number; offValue: number }>(
    'OneHot',
    { indices: onlyInt },
    ({ inputs: { indices }, attributes: { dtype, depth, onValue, offValue }, backend }) => {
      const output = backend.make([...indices.shape, depth], dtype);
      const rows = util.sizeFromShape(indices.shape);
      const values = [onValue, offValue].map((value) => asStored(Number(value), dtype));
      if (rows * depth > 0)
        backend.launch(`one_hot_${wordOf[storageOf(dtype)]}`, [indices, output], [rows, depth, ...values]);
      return output;
    },
  ),
];
